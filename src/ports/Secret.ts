// The one secret of an installation, and the keys made from it: one to seal exchange keys, one to sign tokens.
import { Context, Effect, Layer, Redacted, Schema } from "effect"
import { hkdfSync } from "node:crypto"

/** The secret could not be read or made. The message names the file and what to do, never its content. */
export class SecretError extends Schema.TaggedError<SecretError>()("SecretError", { message: Schema.String }) {}

export class Secret extends Context.Service<
  Secret,
  {
    /** 32 bytes for AES-256-GCM. */
    readonly sealingKey: Uint8Array
    /** 32 bytes for HMAC-SHA256. */
    readonly signingKey: Uint8Array
  }
>()("outcry/ports/Secret") {
  /** Keys by HKDF-SHA256 (RFC 5869): independent of each other, and the same for the same text in every process. */
  static readonly layerOf = (text: Redacted.Redacted): Layer.Layer<Secret> =>
    Layer.effect(
      Secret,
      Effect.sync(() => ({
        sealingKey: derive(text, "outcry sealing v1"),
        signingKey: derive(text, "outcry signing v1")
      }))
    )
}

const derive = (text: Redacted.Redacted, purpose: string): Uint8Array =>
  new Uint8Array(hkdfSync("sha256", Redacted.value(text), new Uint8Array(0), purpose, 32))

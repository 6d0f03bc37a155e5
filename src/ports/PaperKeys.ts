// Keys to the paper exchange's Binance wire: whose they are, what they may do, and what their signatures are checked with.
import { Context, Effect, Layer, Option, Redacted, Schema } from "effect"
import { randomBytes } from "node:crypto"

export class PaperKeysError extends Schema.TaggedError<PaperKeysError>()("PaperKeysError", {
  message: Schema.String
}) {}

/** HMAC-SHA256 shares a secret; of RSA and Ed25519 only the public half is known here, as PEM (SPKI). */
export type KeyMaterial =
  | { readonly kind: "HMAC"; readonly secret: Redacted.Redacted }
  | { readonly kind: "RSA" | "ED25519"; readonly publicKey: string }

export interface PaperKey {
  /** What X-MBX-APIKEY says: 64 letters and digits. */
  readonly keyId: string
  readonly account: string
  /** The owner's name for it. */
  readonly label: string
  readonly mayRead: boolean
  readonly mayTrade: boolean
  /** Told to whoever asks for the key's rights: money never leaves the paper exchange. */
  readonly mayWithdraw: boolean
  /** The addresses it works from; none named: from any. */
  readonly addresses: ReadonlyArray<string>
  /** Epoch milliseconds. */
  readonly createdAt: number
  readonly material: KeyMaterial
}

/** Keys an account may have, as at Binance. */
export const MAX_KEYS_PER_ACCOUNT = 30

type Answer<A> = Effect.Effect<A, PaperKeysError>

export class PaperKeys extends Context.Service<
  PaperKeys,
  {
    /** Refused where the id is taken, or the account has 30 keys already. */
    readonly add: (key: PaperKey) => Answer<void>
    readonly find: (keyId: string) => Answer<Option.Option<PaperKey>>
    /** Oldest first. */
    readonly list: (account: string) => Answer<ReadonlyArray<PaperKey>>
    /** Whether the account had such a key. It opens nothing from then on. */
    readonly revoke: (account: string, keyId: string) => Answer<boolean>
    /** Called after a key was revoked through this process. Returns the undo. */
    readonly onRevoked: (listener: (keyId: string) => void) => () => void
  }
>()("outcry/ports/PaperKeys") {
  /** For tests and throw-away exchanges: keys live as long as the process. */
  static readonly layerMemory = Layer.effect(
    PaperKeys,
    Effect.sync(() => {
      const keys = new Map<string, PaperKey>()
      const revocations = makeRevocations()
      const of = (account: string) => [...keys.values()].filter((key) => key.account === account)
      return {
        add: (key: PaperKey) =>
          Effect.suspend(() => {
            if (keys.has(key.keyId)) return Effect.fail(keyTaken)
            if (of(key.account).length >= MAX_KEYS_PER_ACCOUNT) return Effect.fail(tooManyKeys)
            keys.set(key.keyId, key)
            return Effect.void
          }),
        find: (keyId: string) => Effect.sync(() => Option.fromUndefinedOr(keys.get(keyId))),
        list: (account: string) => Effect.sync(() => of(account)),
        revoke: (account: string, keyId: string) =>
          Effect.sync(() => {
            const had = keys.get(keyId)?.account === account && keys.delete(keyId)
            if (had) revocations.tell(keyId)
            return had
          }),
        onRevoked: revocations.listen
      }
    })
  )
}

export const keyTaken = new PaperKeysError({ message: "That key id is in use already. Make another one." })
export const tooManyKeys = new PaperKeysError({
  message: `The account has ${MAX_KEYS_PER_ACCOUNT} keys, which is as many as it may have. Revoke one first.`
})

/** Who wants to hear of revoked keys in this process; one listener a server, so not many. */
export const makeRevocations = () => {
  const listeners = new Set<(keyId: string) => void>()
  return {
    tell: (keyId: string): void => listeners.forEach((listener) => listener(keyId)),
    listen: (listener: (keyId: string) => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    }
  }
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
/** Bytes from here on would favour the first letters. */
const EVEN = 256 - (256 % ALPHABET.length)

/** 64 random letters and digits, the form of Binance's key ids and secrets (380 bits). */
export const freshKeyText: Effect.Effect<string> = Effect.sync(() => {
  let text = ""
  while (text.length < 64) {
    for (const byte of randomBytes(96)) if (byte < EVEN && text.length < 64) text += ALPHABET[byte % ALPHABET.length]
  }
  return text
})

type Rights = Pick<PaperKey, "mayWithdraw" | "addresses">

/** What a key is that nothing was said about. */
export const PLAIN_RIGHTS: Rights = { mayWithdraw: false, addresses: [] }

/** A new key with a secret of its own; the secret is shown to its owner once. */
export const freshHmacKey = (
  of: Omit<PaperKey, "keyId" | "material" | keyof Rights> & Partial<Rights>
): Effect.Effect<PaperKey & { readonly material: { readonly kind: "HMAC"; readonly secret: Redacted.Redacted } }> =>
  Effect.map(Effect.all([freshKeyText, freshKeyText]), ([keyId, secret]) => ({
    ...PLAIN_RIGHTS,
    ...of,
    keyId,
    material: { kind: "HMAC", secret: Redacted.make(secret) }
  }))

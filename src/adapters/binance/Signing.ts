// Signs requests with a user's secret: HMAC, or RSA and Ed25519 where the secret is a private key in PEM (REST API, "SIGNED endpoints").
import { Redacted } from "effect"
import { constants, createHmac, createPrivateKey, createSecretKey, type KeyObject, sign } from "node:crypto"
import type { ExchangeKeys } from "../../ports/Vault.ts"

export interface Signer {
  readonly apiKey: Redacted.Redacted
  /** Only an Ed25519 key can log a connection on. */
  readonly kind: "HMAC" | "RSA" | "ED25519"
  /** Hex for HMAC, base64 for the others. */
  readonly sign: (payload: string) => string
}

/** `undefined` where the secret is a private key that cannot be read, or of another kind. Ours, not the SDK's: it logs what it signs. */
export const signerOf = ({ apiKey, secretKey }: ExchangeKeys): Signer | undefined => {
  const secret = Redacted.value(secretKey).trim()
  if (!secret.startsWith("-----BEGIN")) {
    const key = createSecretKey(Buffer.from(secret, "utf8"))
    return { apiKey, kind: "HMAC", sign: (payload) => createHmac("sha256", key).update(payload, "utf8").digest("hex") }
  }
  const key = privateKey(secret)
  const algorithm = key?.asymmetricKeyType
  if (key === undefined || (algorithm !== "rsa" && algorithm !== "ed25519")) return undefined
  const signing = algorithm === "rsa" ? { key, padding: constants.RSA_PKCS1_PADDING } : key
  const digest = algorithm === "rsa" ? "sha256" : null
  const kind = algorithm === "rsa" ? "RSA" : "ED25519"
  return { apiKey, kind, sign: (payload) => sign(digest, Buffer.from(payload, "utf8"), signing).toString("base64") }
}

const privateKey = (pem: string): KeyObject | undefined => {
  try {
    return createPrivateKey(inLines(pem))
  } catch {
    return undefined
  }
}

/** A form's field, a JSON file and a terminal each lose line breaks in their own way; PEM wants them. */
const inLines = (text: string): string => {
  const pem = text.replaceAll(/\\[rn]/g, "\n").trim()
  const [, label, body = ""] = /^-----BEGIN ([A-Z ]+)-----([A-Za-z0-9+/=\s]+)-----END \1-----$/.exec(pem) ?? []
  if (label === undefined) return pem
  const lines = body.replaceAll(/\s/g, "").match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n")
}

export type Params = Readonly<Record<string, string | number>>

/** Percent-encoded, as it is signed and sent. */
export const queryOf = (params: Params): string =>
  Object.entries(params)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
    .join("&")

/** What a request to the WebSocket API signs: sorted by name, not encoded. */
export const signedParams = (signer: Signer, params: Params): Params => {
  const all: Params = { ...params, apiKey: Redacted.value(signer.apiKey) }
  const payload = Object.keys(all)
    .toSorted()
    .map((name) => `${name}=${String(all[name])}`)
    .join("&")
  return { ...all, signature: signer.sign(payload) }
}

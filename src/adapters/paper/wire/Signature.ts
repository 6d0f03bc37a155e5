// Whether a request was signed by the key it names (REST API, "SIGNED endpoint security"; WebSocket API, "Request security").
import { Redacted } from "effect"
import {
  constants,
  createHmac,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  timingSafeEqual,
  verify
} from "node:crypto"
import type { PaperKey } from "../../../ports/PaperKeys.ts"
import type { RawParams } from "./RawParams.ts"

/** A key whose material is ready for use. */
export interface OpenKey {
  readonly key: PaperKey
  readonly object: KeyObject
}

/** `undefined` where the stored public key is none, or not of its kind. */
export const open = (key: PaperKey): OpenKey | undefined => {
  const { material } = key
  if (material.kind === "HMAC") {
    return { key, object: createSecretKey(Buffer.from(Redacted.value(material.secret), "utf8")) }
  }
  try {
    const object = createPublicKey(material.publicKey)
    return object.asymmetricKeyType === material.kind.toLowerCase() ? { key, object } : undefined
  } catch {
    return undefined
  }
}

const HEX_SHA256 = /^[0-9a-fA-F]{64}$/
const BASE64 = /^[A-Za-z0-9+/]{1,2048}={0,2}$/

/**
 * HMAC: hex of either case. RSA (PKCS #1 v1.5, SHA-256) and Ed25519: base64. `payload` stands for bytes: "latin1" where it was received as
 * such, "utf8" where it is text.
 */
export const isSignedBy = (
  { key, object }: OpenKey,
  payload: string,
  encoding: "latin1" | "utf8",
  signature: string
): boolean => {
  if (key.material.kind === "HMAC") {
    if (!HEX_SHA256.test(signature)) return false
    const expected = createHmac("sha256", object).update(payload, encoding).digest()
    return timingSafeEqual(expected, Buffer.from(signature, "hex"))
  }
  if (!BASE64.test(signature)) return false
  const signed = Buffer.from(signature, "base64")
  const bytes = Buffer.from(payload, encoding)
  return key.material.kind === "RSA"
    ? verify("sha256", bytes, { key: object, padding: constants.RSA_PKCS1_PADDING }, signed)
    : verify(null, bytes, object, signed)
}

/** What a REST request signs: its query string and body as they came, one after the other, without the `signature` pair. */
export const restPayload = (query: string, body: string): string => unsigned(query) + unsigned(body)

const unsigned = (text: string): string => {
  let start = text.startsWith("signature=") ? 0 : text.indexOf("&signature=")
  if (start === -1) return text
  const end = text.indexOf("&", start + 1)
  // The first pair takes the separator after it along, any other the one before it.
  if (end === -1) return text.slice(0, start)
  if (start === 0 && !text.startsWith("&")) return text.slice(end + 1)
  return text.slice(0, start) + text.slice(end)
}

/** What a WebSocket API request signs: every parameter but `signature`, sorted by name, not percent-encoded. */
export const wsPayload = (raw: RawParams): string =>
  [...raw]
    .filter(([name]) => name !== "signature")
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&")

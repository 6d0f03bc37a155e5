// A secret text at rest: AES-256-GCM, bound to the row it is in. The database alone opens nothing (I12).
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto"

/** Layout of a sealed record: version, nonce, ciphertext, tag. */
const VERSION = 1
const NONCE = 12
const TAG = 16

/** `boundTo` names where it belongs: copied elsewhere, it does not open. */
export const seal = (key: Uint8Array, boundTo: string, plain: string): Uint8Array => {
  const nonce = randomBytes(NONCE)
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG }).setAAD(Buffer.from(boundTo))
  return new Uint8Array(
    Buffer.concat([Buffer.of(VERSION), nonce, cipher.update(plain, "utf8"), cipher.final(), cipher.getAuthTag()])
  )
}

/** `undefined` for anything this key did not seal for this place. */
export const unseal = (key: Uint8Array, boundTo: string, sealed: Uint8Array): string | undefined => {
  if (sealed[0] !== VERSION || sealed.length < 1 + NONCE + TAG) return undefined
  try {
    const nonce = sealed.subarray(1, 1 + NONCE)
    const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG })
      .setAAD(Buffer.from(boundTo))
      .setAuthTag(sealed.subarray(-TAG))
    return Buffer.concat([decipher.update(sealed.subarray(1 + NONCE, -TAG)), decipher.final()]).toString("utf8")
  } catch {
    return undefined
  }
}

// Client order ids for those who send none: 22 letters and digits, as Binance makes them.
import { randomFillSync } from "node:crypto"

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
const LENGTH = 22

const pool = Buffer.alloc(LENGTH * 256)
let used = pool.length

/** About 130 bits. Randomness is drawn in blocks. */
export const freshClientId = (): string => {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  let text = ""
  for (const end = used + LENGTH; used < end; used++) text += ALPHABET[(pool[used] as number) % ALPHABET.length]
  return text
}

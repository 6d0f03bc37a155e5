// Version 7 UUIDs (RFC 9562, 5.7): sorted by time, and by order of birth within a millisecond of this process.
import { randomFillSync } from "node:crypto"

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"))

/** One source of ids. Randomness is drawn in blocks: an id costs under a microsecond. */
export class FreshIds {
  private readonly pool = Buffer.alloc(8_192)
  private used = 8_192
  private lastMillis = 0
  private counter = 0

  private byte(): string {
    if (this.used === this.pool.length) {
      randomFillSync(this.pool)
      this.used = 0
    }
    return HEX[this.pool[this.used++]!]!
  }

  /** `now` is epoch milliseconds; a clock that steps back does not bring the ids back with it. */
  uuid(now: number): string {
    if (now > this.lastMillis) {
      this.lastMillis = now
      this.counter = Number.parseInt(this.byte(), 16)
    } else if (++this.counter > 0xfff) {
      this.lastMillis++
      this.counter = 0
    }
    const time = this.lastMillis.toString(16).padStart(12, "0")
    const variant = "89ab"[Number.parseInt(this.byte(), 16) & 3]
    const tail = `${this.byte()}${this.byte()}${this.byte()}${this.byte()}${this.byte()}${this.byte()}`
    const counter = this.counter.toString(16).padStart(3, "0")
    return `${time.slice(0, 8)}-${time.slice(8)}-7${counter}-${variant}${this.byte()}${this.byte().slice(1)}-${tail}`
  }

  /** 32 hex digits, the size of a W3C trace id. */
  trace(): string {
    let text = ""
    for (let index = 0; index < 16; index++) text += this.byte()
    return text
  }
}

// Version 7 UUIDs (RFC 9562, 5.7): sorted by time, and by order of birth within a millisecond of this process.
import { randomFillSync } from "node:crypto"

/** Bytes of randomness drawn at once. */
const DRAWN = 2_048

/** One source of ids. Randomness is drawn in blocks: an id costs well under a microsecond. */
export class FreshIds {
  private readonly drawn = Buffer.alloc(DRAWN)
  private digits = ""
  private used = 0
  private lastMillis = 0
  private counter = 0
  /** The part of an id that its millisecond decides. */
  private time = ""

  /** Random hex digits. */
  private random(count: number): string {
    if (this.used + count > this.digits.length) {
      this.digits = randomFillSync(this.drawn).toString("hex")
      this.used = 0
    }
    this.used += count
    return this.digits.slice(this.used - count, this.used)
  }

  private begin(millis: number, counter: number): void {
    const digits = millis.toString(16).padStart(12, "0")
    this.lastMillis = millis
    this.counter = counter
    this.time = `${digits.slice(0, 8)}-${digits.slice(8)}-7`
  }

  /** `now` is epoch milliseconds; a clock that steps back does not bring the ids back with it. */
  uuid(now: number): string {
    if (now > this.lastMillis) this.begin(now, Number.parseInt(this.random(2), 16))
    else if (++this.counter > 0xfff) this.begin(this.lastMillis + 1, 0)
    const counter = this.counter.toString(16).padStart(3, "0")
    const variant = "89ab"[Number.parseInt(this.random(1), 16) & 3]
    return `${this.time}${counter}-${variant}${this.random(3)}-${this.random(12)}`
  }

  /** 32 hex digits, the size of a W3C trace id. */
  trace(): string {
    return this.random(32)
  }
}

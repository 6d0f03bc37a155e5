// Proves by evidence that the private stream lives: an order that the exchange has taken must be heard of there within a bound.
import { Latch } from "effect"
import type { ClientOrderId } from "../../domain/Ids.ts"

/** From the exchange's answer until the stream must have told of it, in milliseconds. */
export const HEARD_WITHIN_MILLIS = 5_000
/** Orders watched at once; a further one is not. */
const CAPACITY = 1_024

export class StreamWatch {
  /** Open while an order is awaited. */
  readonly awaiting: Latch.Latch = Latch.makeUnsafe()
  /** When the exchange answered that it has the order; `undefined` before. */
  readonly #awaited = new Map<ClientOrderId, number | undefined>()

  sent(order: ClientOrderId): void {
    if (this.#awaited.size < CAPACITY) this.#awaited.set(order, undefined)
  }

  heard(order: ClientOrderId): void {
    if (this.#awaited.size > 0) this.#awaited.delete(order)
  }

  /** `now` is epoch milliseconds. */
  answered(order: ClientOrderId, now: number): void {
    if (!this.#awaited.has(order)) return
    this.#awaited.set(order, now)
    this.awaiting.openUnsafe()
  }

  /** A new stream is to be judged by what is sent from now on. */
  forget(): void {
    this.#awaited.clear()
  }

  isLate(now: number): boolean {
    if (this.#awaited.size === 0) this.awaiting.closeUnsafe()
    for (const answeredAt of this.#awaited.values()) {
      if (answeredAt !== undefined && now - answeredAt > HEARD_WITHIN_MILLIS) return true
    }
    return false
  }
}

// Which commands an account has decided, so that a doorbell heard twice changes nothing (I3).
import type { Envelope } from "../../domain/Command.ts"
import type { CommandId } from "../../domain/Ids.ts"

/** Remembered per account; older ones are asked from the journal. */
const CAPACITY = 4096

export class Decided {
  readonly #ids = new Map<CommandId, number>()
  /** A command stamped up to here may have been decided without being remembered. */
  #horizonMillis: number

  constructor(startedAtMillis: number) {
    this.#horizonMillis = startedAtMillis
  }

  add(envelope: Envelope): void {
    this.#ids.set(envelope.commandId, envelope.at)
    if (this.#ids.size <= CAPACITY) return
    const oldest = this.#ids.entries().next().value
    if (oldest === undefined) return
    this.#ids.delete(oldest[0])
    this.#horizonMillis = Math.max(this.#horizonMillis, oldest[1])
  }

  has(envelope: Envelope): boolean {
    return this.#ids.has(envelope.commandId)
  }

  mayHaveForgotten(envelope: Envelope): boolean {
    return envelope.at <= this.#horizonMillis
  }
}

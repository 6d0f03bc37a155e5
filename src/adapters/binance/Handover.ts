// Two connections to one private stream, read as one: the old one leads. What the new one says is kept until the old one has said it too,
// or has gone. Each says everything in the order in which it happened, so the order stays and nothing is handed on twice.
import { LeastRecent } from "../../domain/LeastRecent.ts"
import type { Report } from "../../domain/Report.ts"

/** What was handed on and may come once more: more than happens to an account while two connections tell of it. */
const REMEMBERED = 4_096
/** Kept of the new connection; where the old one is further behind than this, it is no good. */
const KEPT = 4_096

interface Kept {
  readonly report: Report
  readonly heardAt: number
}

export class Handover {
  readonly #handedOn = new LeastRecent<string, true>(REMEMBERED)
  /** In its order, by the key of its execution. */
  #kept = new Map<string, Kept>()

  /** The connection that leads has said this: the report to hand on, unless that was done. */
  led(key: string, report: Report): Report | undefined {
    this.#kept.delete(key)
    if (this.#handedOn.has(key)) return undefined
    this.#handedOn.set(key, true)
    return report
  }

  /** The connection that follows has said this. False where there is no room for it. */
  followed(key: string, report: Report, heardAt: number): boolean {
    if (this.#handedOn.has(key) || this.#kept.has(key)) return true
    if (this.#kept.size >= KEPT) return false
    this.#kept.set(key, { report, heardAt })
    return true
  }

  /** Whether the one that leads has not said what the other said before then. */
  lags(before: number): boolean {
    const [oldest] = this.#kept.values()
    return oldest !== undefined && oldest.heardAt < before
  }

  /** The one that followed leads from now on: what only it has said, in its order. */
  turn(): ReadonlyArray<Report> {
    const rest = [...this.#kept]
    this.#kept.clear()
    return rest.map(([key, { report }]) => {
      this.#handedOn.set(key, true)
      return report
    })
  }

  /** The one that followed is gone, and with it what only it has said: the one that leads will say it. */
  forget(): void {
    this.#kept.clear()
  }
}

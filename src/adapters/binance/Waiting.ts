// Questions that wait for room: the higher lane first, in each the one that came first. Full, the lowest one makes way.
import { type Lane, rank } from "./Lanes.ts"

export class Waiting<One extends { readonly lane: Lane }> {
  readonly #capacity: number
  /** By rank. */
  readonly #lines: Array<Array<One>> = []
  #size = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** The one for which there is no room, if there is none for all: the last of the lowest lane, or `one` itself. */
  offer(one: One): One | undefined {
    this.#line(one.lane).push(one)
    if (++this.#size <= this.#capacity) return undefined
    const last = this.#lines.findLast((line) => line !== undefined && line.length > 0)?.pop()
    this.#size--
    return last
  }

  first(): One | undefined {
    for (const line of this.#lines) if (line?.[0] !== undefined) return line[0]
    return undefined
  }

  /** Whether any waits that goes before a newcomer of this lane. */
  before(lane: Lane): boolean {
    const first = this.first()
    return first !== undefined && rank(first.lane) <= rank(lane)
  }

  /** False where it does not wait any more. */
  remove(one: One): boolean {
    const line = this.#line(one.lane)
    const at = line.indexOf(one)
    if (at < 0) return false
    line.splice(at, 1)
    this.#size--
    return true
  }

  in(lane: Lane): number {
    return this.#lines[rank(lane)]?.length ?? 0
  }

  #line(lane: Lane): Array<One> {
    return (this.#lines[rank(lane)] ??= [])
  }
}

// How soon the simulator finds out that a desk is broken: the first seed that does, and the orders it took.
import { bundle } from "./Bundle.ts"
import type { Mutation } from "./Mutations.ts"
import { runAll } from "./Pool.ts"
import type { Answer } from "./Worker.ts"

/** Orders of one history, and histories that may pass before a mutation counts as missed. */
const ORDERS = 150
const HISTORIES = 60

export interface Caught {
  readonly mutation: Mutation
  /** `undefined` where none of the histories found it. */
  readonly answer: Answer | undefined
  readonly violation: string
  /** Of all histories up to the one that found it. */
  readonly orders: number
}

export const bite = async (mutation: Mutation): Promise<Caught> => {
  const { file, remove } = await bundle(mutation)
  let [seed, orders] = [0, 0]
  let caught: Answer | undefined
  let violation = ""
  try {
    await runAll(
      file,
      1,
      () => (seed < HISTORIES ? { seed: ++seed, orders: ORDERS } : undefined),
      (answer) => {
        orders += answer.orders
        const found = answer.violations.find((text) => mutation.breaks.some((name) => text.startsWith(name)))
        if (found === undefined) return true
        violation = found
        caught = answer
        return false
      }
    )
  } finally {
    await remove()
  }
  return { mutation, answer: caught, violation, orders }
}

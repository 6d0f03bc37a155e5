// A simulator that finds nothing proves nothing: each desk that is broken on purpose must be found out.
import { assert, describe, it } from "@effect/vitest"
import { mutations } from "./Mutations.ts"
import { bite } from "./Teeth.ts"

describe("the simulator", () => {
  it.each(mutations)("finds out a desk that is broken by $name", { timeout: 180_000 }, async (mutation) => {
    const { answer, orders, violation } = await bite(mutation)
    assert.isDefined(answer, `${mutation.name} was not found out in ${orders} orders`)
    console.info(`${mutation.name}: seed ${answer?.seed}, ${orders} orders, "${violation}"`)
  })
})

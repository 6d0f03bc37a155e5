import { assert, it } from "@effect/vitest"
import type { OrderView } from "../../src/contract/Views.ts"
import { reduceProblem } from "../../web/store/Orders.ts"

it("a smaller quantity is more than what was executed and less than now, or the page says so without asking", () => {
  const order = { quantity: "0.05", executedQuantity: "0.01" } as OrderView
  for (const fine of ["0.011", "0.02", "0.0499"]) assert.isUndefined(reduceProblem(order, fine), fine)
  for (const outside of ["0.01", "0.05", "0.050", "1", "0", "-1"]) {
    assert.strictEqual(reduceProblem(order, outside), "More than 0.01 and less than 0.05 is wanted.", outside)
  }
  for (const no of ["", "much", "0,02"])
    assert.strictEqual(reduceProblem(order, no), "A number is wanted, such as 0.015.")
})

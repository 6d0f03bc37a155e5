import { assert, it } from "@effect/vitest"
import { orderView } from "../../src/contract/Views.ts"
import { AccountId } from "../../src/domain/Ids.ts"
import { accountUpdate } from "../kit/Messages.ts"

it("an order says what is in flight and since when, and which of it is in doubt", () => {
  const { order } = accountUpdate(AccountId.make("views"), 1)
  assert.isDefined(order)
  const [flight] = order?.flights ?? []
  const view = order === undefined ? undefined : orderView(order)
  assert.isDefined(flight?.doubt)
  assert.deepStrictEqual(view?.inFlight, [{ call: "amend", since: flight?.sentAt ?? 0 }])
  assert.deepStrictEqual(view?.doubt, {
    call: "amend",
    since: flight?.doubt?.since ?? 0,
    reason: "No answer."
  })
})

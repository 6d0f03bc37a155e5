import { assert, it } from "@effect/vitest"
import { problemOf } from "../../web/store/AccountDeeds.ts"
import { Refused } from "../../web/store/Api.ts"

it("the way to insist is offered by the code of the refusal, whatever its sentence says", () => {
  const of = (code: string) => problemOf(new Refused(400, code, "It may withdraw.", { binanceApiKey: "no" }))
  assert.deepStrictEqual(of("KEY_WITHDRAWS"), {
    message: "It may withdraw.",
    fields: { binanceApiKey: "no" },
    mayWithdraw: true
  })
  assert.isFalse(of("KEY_REFUSED").mayWithdraw)
})

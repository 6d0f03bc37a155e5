import { assert, describe, it } from "@effect/vitest"
import { EVERYTHING } from "../../src/domain/Allowance.ts"
import * as Money from "../../src/domain/Money.ts"
import { allowed, type PlanDraft, planned } from "../../web/store/Plan.ts"
import { symbol } from "../kit/PageSamples.ts"

const around = { last: "60000", levels: [], freeBase: "1", freeQuote: "10000" }

const exit = (texts: Partial<PlanDraft["texts"]> = {}, change: Partial<PlanDraft> = {}): PlanDraft => ({
  plan: "EXIT",
  side: "SELL",
  texts: { quantity: "0.5", price: "", takeProfit: "61000", stopLoss: "59000", ...texts },
  ...change
})
const bracket = (texts: Partial<PlanDraft["texts"]> = {}, side: PlanDraft["side"] = "BUY"): PlanDraft =>
  exit({ quantity: "0.1", price: "59500", ...texts }, { plan: "BRACKET", side })

const shown = (draft: PlanDraft) => {
  const { atProfit, atStop, exitQuantity, field, legs, problem } = planned(draft, symbol, around)
  const text = (value: Money.Decimal | undefined) => value && Money.format(value)
  return {
    legs: legs?.map(({ intent, role }) => `${role} ${intent.side} ${intent.type} ${Money.format(intent.quantity)}`),
    figures: [atProfit, atStop, exitQuantity].map(text),
    problem,
    field
  }
}

describe("the plan of an exit", () => {
  it("of a sale takes profit above and stops below, of a purchase the other way round", () => {
    const { figures, legs, problem } = shown(exit())
    assert.deepStrictEqual(legs, ["above SELL LIMIT_MAKER 0.5", "below SELL STOP_LOSS 0.5"])
    assert.deepStrictEqual(figures, ["30500", "29500", "0.5"])
    assert.isUndefined(problem)
    const buying = shown(exit({ quantity: "0.1", takeProfit: "59000", stopLoss: "61000" }, { side: "BUY" }))
    assert.deepStrictEqual(buying.legs, ["above BUY STOP_LOSS 0.1", "below BUY LIMIT_MAKER 0.1"])
  })

  it("says what is in the way, as the desk would", () => {
    assert.match(shown(exit({ takeProfit: "58000" })).problem ?? "", /wrong way round/)
    assert.match(shown(exit({ stopLoss: "60500" })).problem ?? "", /must lie between/)
    assert.match(shown(exit({ quantity: "1.5" })).problem ?? "", /Not enough BTC: 1.5 needed, 1 free/)
    assert.match(shown(exit({ quantity: "0.000001" })).problem ?? "", /too small/)
    assert.deepStrictEqual(
      [shown(exit({ stopLoss: "59,000" })).field, shown(exit({ stopLoss: "" })).legs],
      ["stopLoss", undefined]
    )
    const dear = exit({ quantity: "0.165", takeProfit: "59000", stopLoss: "61000" }, { side: "BUY" })
    assert.match(shown(dear).problem ?? "", /Not enough USDT: 10065 needed/, "the dearer of the two")
  })
})

describe("the plan of a bracket", () => {
  it("sells what is left of the entry after its commission, and tells what is won or lost", () => {
    const { figures, legs } = shown(bracket())
    assert.deepStrictEqual(legs, [
      "working BUY LIMIT 0.1",
      "above SELL LIMIT_MAKER 0.0999",
      "below SELL STOP_LOSS 0.0999"
    ])
    assert.deepStrictEqual(figures, ["149.85", "-49.95", "0.0999"])
  })

  it("of a sale buys back all of it", () => {
    const { figures, legs } = shown(bracket({ price: "60500", takeProfit: "59000", stopLoss: "61000" }, "SELL"))
    assert.deepStrictEqual(legs, ["working SELL LIMIT 0.1", "above BUY STOP_LOSS 0.1", "below BUY LIMIT_MAKER 0.1"])
    assert.deepStrictEqual(figures, ["150", "-50", "0.1"])
  })

  it("needs money for its entry alone", () => {
    assert.isDefined(shown(bracket({ quantity: "0.168" })).legs)
    assert.match(shown(bracket({ quantity: "0.169" })).problem ?? "", /Not enough USDT/)
  })
})

it("only what the symbol takes is offered", () => {
  const taking = (change: Partial<typeof EVERYTHING>) => allowed({ ...symbol, allows: { ...EVERYTHING, ...change } })
  assert.deepStrictEqual(taking({}), ["EXIT", "BRACKET"])
  assert.deepStrictEqual(taking({ oto: false }), ["EXIT"])
  assert.deepStrictEqual(taking({ oco: false }), [])
})

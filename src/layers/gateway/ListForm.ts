// From a list that a caller sent to its orders, each by the rules of one alone; every mistake is told at once, by order and field.
import { Effect, Result } from "effect"
import type { LegInput, ListInput, OrderInput } from "../../contract/OrderInputs.ts"
import type { DenialReason } from "../../domain/Denial.ts"
import * as Instrument from "../../domain/Instrument.ts"
import type { ListRole } from "../../domain/ListLink.ts"
import { type AskedList, type Leg, unfit } from "../../domain/ListRules.ts"
import type { Quote } from "../../domain/Market.ts"
import { denialOf, intentOf } from "./OrderForm.ts"
import { type Refusal, refuse } from "./Refusal.ts"

interface Written {
  readonly role: ListRole
  /** Where it stands in the request. */
  readonly at: string
  readonly order: OrderInput
}

type Sized = Pick<OrderInput, "side" | "quantity">

const written = (input: ListInput): ReadonlyArray<Written> => {
  const { symbol } = input
  const of = (role: ListRole, at: string, { quantity, side }: Sized, leg: LegInput): Written => ({
    role,
    at,
    order: { ...leg, symbol, side, ...(quantity === undefined ? {} : { quantity }) }
  })
  if (input.type === "OCO") return [of("above", "above", input, input.above), of("below", "below", input, input.below)]
  const working = of("working", "working", input.working, input.working)
  if (input.type === "OTO") return [working, of("pending", "pending", input.pending, input.pending)]
  const { pending } = input
  return [
    working,
    of("above", "pending.above", pending, pending.above),
    of("below", "pending.below", pending, pending.below)
  ]
}

export type Asked = Omit<Leg, "orderId">

export const legsOf = Effect.fnUntraced(function* (
  input: ListInput
): Effect.fn.Return<ReadonlyArray<Asked>, Refusal<"BAD_REQUEST">> {
  const legs: Array<Asked> = []
  const wrong: Record<string, string> = {}
  for (const { at, order, role } of written(input)) {
    const intent = yield* Effect.result(intentOf(order))
    if (Result.isSuccess(intent)) legs.push({ role, intent: intent.success })
    else for (const [field, what] of Object.entries(intent.failure.error.fields ?? {})) wrong[`${at}.${field}`] = what
  }
  const [first] = Object.values(wrong)
  return first === undefined ? legs : yield* refuse("BAD_REQUEST", first, wrong)
})

/** What the exchange's own rules say, before anything is stored. */
export const listDenialOf = (
  asked: AskedList,
  symbol: string,
  instrument: Instrument.Instrument | undefined,
  quote: Quote | undefined
): DenialReason | undefined => {
  if (instrument === undefined) return { _tag: "UnknownSymbol", symbol }
  for (const { intent } of asked.legs) {
    const denial = denialOf(intent, instrument, quote)
    if (denial !== undefined) return denial
  }
  return unfit(instrument, asked)
}

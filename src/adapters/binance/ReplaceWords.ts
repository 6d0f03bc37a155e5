// A cancel-replace in Binance's words: one request, two halves, each with its own verdict (REST API, "Cancel an existing order and send a new
// order").
import { Effect, Option, Schema } from "effect"
import type { ClientOrderId } from "../../domain/Ids.ts"
import type { ApprovedOrder } from "../../domain/Risk.ts"
import { type ExchangeError, NOT_ATTEMPTED, type Replaceable, type Replaced } from "../../ports/Exchange.ts"
import { orderParams, reportsOf } from "./OrderWords.ts"
import type { Params } from "./Signing.ts"
import * as Wire from "./TradingWire.ts"
import { isUnknown, NOT_REPLACED, PARTLY_REPLACED, refusalCode, unknown } from "./Verdict.ts"

const decodePlaced = Schema.decodeUnknownOption(Wire.Placed)
const decodeCanceled = Schema.decodeUnknownOption(Wire.Canceled)
const decodeFailed = Schema.decodeUnknownOption(Wire.Failed)

export const replaceParams = ({ isUntraded, ref }: Replaceable, { clientOrderId, intent }: ApprovedOrder): Params => ({
  ...orderParams(clientOrderId, intent),
  cancelReplaceMode: "STOP_ON_FAILURE",
  ...(isUntraded ? { cancelRestrictions: "ONLY_NEW" } : {}),
  ...("exchangeOrderId" in ref
    ? { cancelOrderId: ref.exchangeOrderId }
    : { cancelOrigClientOrderId: ref.clientOrderId })
})

/** An error that is none of the call: the halves have theirs. */
export const saysOfHalves = (error: ExchangeError): boolean => {
  const code = refusalCode(error)
  return code === PARTLY_REPLACED || code === NOT_REPLACED
}

/** Without them nobody knows what was done. */
export const halvesIn = ({ reason }: ExchangeError): Effect.Effect<unknown, ExchangeError> =>
  reason._tag === "Refused" && reason.data !== undefined
    ? Effect.succeed(reason.data)
    : unknown("Binance answered that a replacement failed, and not which half of it.")

/** `undefined` where a half says something else than its result, or that its result is not known. */
export const replacedOf = (clientOrderId: ClientOrderId, halves: Wire.Replaced): Replaced | undefined => {
  const cancel = cancelOf(halves)
  const placed = placedOf(clientOrderId, halves)
  return cancel === undefined || placed === undefined ? undefined : { cancel, placed }
}

const cancelOf = ({ cancelResponse, cancelResult }: Wire.Replaced): Replaced["cancel"] | undefined =>
  cancelResult === "SUCCESS"
    ? Option.match(decodeCanceled(cancelResponse), { onNone: () => undefined, onSome: () => "done" as const })
    : failureOf(cancelResponse)

const placedOf = (
  clientOrderId: ClientOrderId,
  { newOrderResponse, newOrderResult }: Wire.Replaced
): Replaced["placed"] | undefined => {
  if (newOrderResult === "NOT_ATTEMPTED") return { refused: NOT_ATTEMPTED }
  if (newOrderResult === "FAILURE") return failureOf(newOrderResponse)
  const placed = Option.getOrUndefined(decodePlaced(newOrderResponse))
  return placed?.clientOrderId === clientOrderId ? reportsOf(placed) : undefined
}

/** That nobody knows whether a half was executed is no failure of it (I4). */
const failureOf = (response: unknown) =>
  Option.match(decodeFailed(response), {
    onNone: () => undefined,
    onSome: ({ code, msg }) => (isUnknown(code) ? undefined : { refused: msg.slice(0, MAX_TEXT) })
  })

const MAX_TEXT = 200

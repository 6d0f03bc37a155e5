// A sentence for everything that can happen to an order. The compiler asks for one where something new can.
import type { CallRecord } from "../domain/CallRecord.ts"
import { Command, type Receipt } from "../domain/Command.ts"
import * as Denial from "../domain/Denial.ts"
import { Event } from "../domain/Event.ts"
import { isOfPair, isWaiting, type ListLink } from "../domain/ListLink.ts"
import * as Money from "../domain/Money.ts"
import {
  icebergQuantityOf,
  type Intent,
  isStop,
  priceOf,
  quoteQuantityOf,
  stopPriceOf,
  timeInForceOf,
  trailingDeltaOf,
  triggersOnRise
} from "../domain/Order.ts"

const { format } = Money

/** `BUY 0.5 BTCUSDT at 60000.01, GTC`; `SELL 0.5 BTCUSDT at 58990, GTC, once the price falls to 59000 (STOP_LOSS_LIMIT)`. */
const asked = (intent: Intent): string => {
  const { quantity, side, symbol, type } = intent
  const quote = quoteQuantityOf(intent)
  const price = priceOf(intent)
  const timeInForce = timeInForceOf(intent)
  const shown = icebergQuantityOf(intent)
  return [
    quote === undefined ? `${side} ${format(quantity)} ${symbol}` : `${side} ${symbol} for ${format(quote)}`,
    price === undefined ? " at the market" : ` at ${format(price)}`,
    timeInForce === undefined ? "" : `, ${timeInForce}`,
    type === "LIMIT_MAKER" ? ", only as maker" : "",
    shown === undefined ? "" : `, showing ${format(shown)} at a time`,
    isStop(intent) ? `, ${triggerOf(intent)} (${type})` : ""
  ].join("")
}

const triggerOf = (intent: Intent): string => {
  const stop = stopPriceOf(intent)
  const delta = trailingDeltaOf(intent)
  const rising = triggersOnRise(intent)
  const reached = stop === undefined ? "" : `once the price ${rising ? "rises" : "falls"} to ${format(stop)}`
  if (delta === undefined) return reached
  // A purchase trails the lowest price, a sale the highest.
  const trails = `once it ${intent.side === "BUY" ? "rises" : "falls"} ${delta} basis points from its best`
  return reached === "" ? trails : `${reached}, then ${trails}`
}

const heldWords = (amount: string, list: ListLink | undefined): string => {
  if (list === undefined) return `with ${amount} held for it`
  const needs = `as the ${list.role} order of an ${list.kind}`
  if (isWaiting(list)) return `${needs}, which will need ${amount} once the working order has filled`
  return isOfPair(list)
    ? `${needs}, which needs ${amount}: the dearer of the two is held`
    : `${needs}, with ${amount} held for it`
}

/** Sentences end with one full stop, whoever wrote them. */
const told = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)

const outcomeOf = (receipt: Receipt | undefined): string => {
  if (receipt === undefined) return "It waits for the desk's decision."
  switch (receipt.outcome) {
    case "accepted":
      return "The desk took it."
    case "denied":
      return `The desk denied it: ${told(receipt.reason ?? "no reason was given")}`
    case "refused":
      return `The desk refused it at the door: ${told(receipt.reason ?? "no reason was given")}`
  }
}

export const commandSentence = (command: Command, receipt: Receipt | undefined): string => {
  const wanted = Command.match(command, {
    OpenAccount: () => "Asked to open the account.",
    PlaceOrder: ({ intent }) => `Asked to place: ${asked(intent)}.`,
    PlaceList: ({ kind, legs }) =>
      `Asked to place an ${kind} of ${legs.length} orders: ${legs.map(({ intent, role }) => `${role}, ${asked(intent)}`).join("; ")}.`,
    ReplaceOrder: ({ intent, orderId, replaces }) =>
      `Asked to replace order ${replaces} by order ${orderId}: ${asked(intent)}.`,
    CancelOrder: () => "Asked to cancel.",
    AmendOrder: ({ quantity }) => `Asked to make it smaller: ${format(quantity)} in all.`
  })
  return `${wanted} ${outcomeOf(receipt)}`
}

export const eventSentence = (event: Event): string =>
  Event.match(event, {
    BalanceAdjusted: ({ asset, drift, free }) =>
      drift === undefined
        ? `The free balance of ${asset} was set to ${format(free)}.`
        : `${asset} differed: ${format(drift.ours)} here, ${format(drift.theirs)} at the exchange. The exchange's stands.`,
    OrderSubmitted: ({ clientOrderId, hold, list, replaces }) =>
      `${replaces === undefined ? "Approved" : `In the place of order ${replaces}, approved`} and stored, ${heldWords(`${format(hold.amount)} ${hold.asset}`, list)}. It goes to the exchange as ${clientOrderId}.`,
    OrderDenied: ({ reason }) => `Denied, and never sent: ${told(Denial.sentence(reason))}`,
    OrderAccepted: ({ exchangeOrderId }) => `The exchange has it, as its order ${exchangeOrderId}.`,
    OrderFilled: ({ fill }) =>
      `Executed ${format(fill.quantity)} at ${format(fill.price)} as ${fill.liquidity}, fee ${format(fill.fee)} ${fill.feeAsset}, trade ${fill.tradeId}.`,
    OrderRejected: ({ neverArrived, reason }) =>
      neverArrived === true ? told(reason) : `The exchange rejected it: ${told(reason)}`,
    OrderExpired: ({ reason }) => `It expired: ${told(reason)}`,
    CancelSubmitted: ({ by }) =>
      by === undefined
        ? "The cancel is stored and goes to the exchange."
        : `The cancel is stored and goes to the exchange, in one call with order ${by}, which takes its place.`,
    CancelDenied: ({ reason }) => `The cancel was denied: ${told(Denial.sentence(reason))}`,
    CancelRejected: ({ reason }) => `The order was not cancelled: ${told(reason)}`,
    OrderCanceled: () => "It is cancelled at the exchange.",
    AmendSubmitted: ({ quantity }) => `The amend to ${format(quantity)} in all is stored and goes to the exchange.`,
    AmendDenied: ({ reason }) => `The amend was denied: ${told(Denial.sentence(reason))}`,
    AmendRejected: ({ reason }) => `The order was not amended: ${told(reason)}`,
    OrderTriggered: () => "Its trigger came: it works at the exchange from now on.",
    LegPlaced: () => "The working order of its list has filled: the exchange has placed it.",
    LegReleased: () =>
      "The other order of the two has begun to work or to fill: nothing is held for this one any more.",
    OrderSized: ({ quantity }) => `The exchange has worked out its quantity: ${format(quantity)} in all.`,
    OrderAmended: ({ quantity }) => `It is worth ${format(quantity)} in all now, and keeps its place.`,
    OrderUnknown: ({ call, reason }) =>
      `No answer to the ${call} can be trusted: ${told(reason)} The desk asks the exchange until it knows, and sends nothing again.`,
    OrderAdopted: ({ clientOrderId, executedQuantity, intent, type }) =>
      `Placed at the exchange by somebody else, as ${clientOrderId}: ${type} ${asked(intent)}, ${format(executedQuantity)} of it executed before. The desk follows it from here.`,
    Surveyed: ({ cause, differences }) =>
      `Everything was compared with the exchange (${cause}): ${differences} differed.`,
    SightLost: ({ reason }) => `The desk lost sight of the exchange: ${told(reason)}`,
    SightRegained: () => "The desk sees the exchange again."
  })

export const callSentence = ({ answeredAt, call, detail, outcome, sentAt }: CallRecord): string => {
  const took = `after ${Math.max(0, answeredAt - sentAt)} ms`
  const more = detail === "" ? "" : ` ${told(detail)}`
  switch (outcome) {
    case "answered":
      return `The ${call} was taken by the exchange ${took}.${more}`
    case "refused":
      return `The ${call} was refused or not sent.${more}`
    case "lost":
      return `The ${call} got no answer that can be trusted ${took}.${more}`
    case "found":
      return `Asked about it, the exchange answered ${took}: ${told(detail)}`
    case "absent":
      return `Asked about it, the exchange did not know it ${took}: ${told(detail)}`
  }
}

// Made-up histories of an account: every kind of event, in an order that the domain allows; the same for the same seed.
import { HashMap } from "effect"
import type { Event } from "../../src/domain/Event.ts"
import { ClientOrderId, CommandId, ListId, UserId } from "../../src/domain/Ids.ts"
import { isWaiting, type ListLink } from "../../src/domain/ListLink.ts"
import * as Money from "../../src/domain/Money.ts"
import { flightOf, type Intent, isSized, isStop, type Order, remaining } from "../../src/domain/Order.ts"
import type { Append } from "../../src/ports/Journal.ts"
import { accepted, canceled, deposited, limitBuy, orderId as orderIdOf, SampleWriter, submitted } from "./Samples.ts"

/** A small deterministic stream of choices. */
const choices = (seed: number) => (below: number) => {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
  return Math.floor((seed / 4_294_967_296) * below)
}

type Pick = ReturnType<typeof choices>

const intentOf = (pick: Pick): Intent => {
  const symbol = pick(2) === 0 ? "BTCUSDT" : "ETHUSDT"
  const side = pick(2) === 0 ? "BUY" : "SELL"
  const terms = { symbol, side, quantity: Money.decimal(`0.${1 + pick(9)}`) } as const
  const price = Money.decimal(`${50_000 + pick(20_000)}.${1 + pick(9)}`)
  const stopPrice = Money.decimal(`${50_000 + pick(20_000)}.${1 + pick(9)}`)
  switch (pick(10)) {
    case 0:
      return { type: "MARKET", ...terms }
    case 1:
      return { type: "MARKET", ...terms, quantity: Money.zero, quoteQuantity: Money.decimal("5000") }
    case 2:
      return { type: "LIMIT_MAKER", ...terms, price }
    case 3:
      return { type: "STOP_LOSS", ...terms, stopPrice }
    case 4:
      return { type: "TAKE_PROFIT", ...terms, trailingDelta: 100 }
    case 5:
      return { type: "STOP_LOSS_LIMIT", ...terms, price, timeInForce: "GTC", stopPrice }
    case 6:
      return { type: "LIMIT", ...terms, price, timeInForce: "GTC", icebergQuantity: Money.decimal("0.01") }
    default:
      return { type: "LIMIT", ...terms, price, timeInForce: "GTC" }
  }
}

/** A part that an exchange could fill: at most eight decimals. */
const partOf = (quantity: Money.Decimal): Money.Decimal => {
  const part = Money.truncate(Money.multiply(quantity, Money.decimal("0.3")), 8)
  return Money.isZero(part) ? quantity : part
}

const fillOf = (order: Order, seq: number, pick: Pick): Event => ({
  _tag: "OrderFilled",
  orderId: order.orderId,
  fill: {
    tradeId: `t${seq}`,
    price: Money.decimal(`${50_000 + pick(20_000)}.${pick(100)}`),
    quantity: pick(2) === 0 ? remaining(order) : partOf(remaining(order)),
    fee: Money.decimal(`0.000${1 + pick(9)}`),
    feeAsset: ["BTC", "USDT", "BNB"][pick(3)] ?? "BNB",
    liquidity: pick(2) === 0 ? "maker" : "taker",
    at: 1_723_100_000_000 + seq
  }
})

/** Less than now, and more than was executed. */
const smaller = (order: Order): Money.Decimal => Money.subtract(order.intent.quantity, partOf(remaining(order)))

const ofOpen = (order: Order, seq: number, pick: Pick): Event => {
  const { orderId } = order
  switch (pick(14)) {
    case 0:
      return canceled(Number(orderId.slice(-12)))
    case 1:
      return { _tag: "OrderRejected", orderId, reason: 'The exchange said "no": ½' }
    case 2:
      return { _tag: "OrderExpired", orderId, reason: "It found nobody." }
    case 3:
      return {
        _tag: "CancelSubmitted",
        orderId,
        commandId: CommandId.make(`x${seq}`),
        // The next event begins the order that takes its place.
        ...(order.list === undefined && pick(2) === 0 ? { by: orderIdOf(seq + 1) } : {})
      }
    case 4:
      return { _tag: "CancelRejected", orderId, reason: "Too late." }
    case 5:
      return {
        _tag: "OrderUnknown",
        orderId,
        call: (["submit", "cancel", "amend"] as const)[pick(3)] ?? "submit",
        reason: "No answer came."
      }
    case 6:
      return { ...accepted(Number(orderId.slice(-12))), ...(pick(2) === 0 ? {} : { from: "query" }) } as Event
    case 7:
      return {
        _tag: "AmendSubmitted",
        orderId,
        commandId: CommandId.make(`a${seq}`),
        quantity: smaller(order),
        sentAt: 1_723_100_000_000 + seq
      }
    case 8:
      return { _tag: "AmendRejected", orderId, reason: "It filled before.", from: "survey" }
    case 9:
      return { _tag: "OrderAmended", orderId, quantity: smaller(order) }
    default:
      return fillOf(order, seq, pick)
  }
}

const ofAccount = ({ account }: SampleWriter, kind: number, pick: Pick): Event => {
  if (kind === 20) {
    return account.blind === undefined
      ? { _tag: "SightLost", reason: "The stream was cut." }
      : { _tag: "SightRegained" }
  }
  if (kind === 21)
    return {
      _tag: "Surveyed",
      cause: "period",
      seen: [{ symbol: "BTCUSDT", tradeId: String(account.seq) }],
      differences: pick(3)
    }
  const exchangeOrderId = `${5000 + account.seq}`
  const intent = limitBuy("0.5", "51000")
  return {
    _tag: "OrderAdopted",
    orderId: orderIdOf(account.seq + 1),
    clientOrderId: ClientOrderId.make(`web_${account.seq}`),
    exchangeOrderId,
    type: "LIMIT_MAKER",
    intent,
    hold: { asset: "USDT", amount: Money.decimal("20400") },
    executedQuantity: Money.decimal("0.1"),
    executedQuote: Money.decimal("5100"),
    placedAt: 1_723_000_000_000
  }
}

/** Legs of one list come near each other. */
const linkOf = (seq: number, pick: Pick): ListLink => ({
  listId: ListId.make(`00000000-0000-7000-9000-${String(Math.trunc(seq / 8)).padStart(12, "0")}`),
  ...(
    [
      { kind: "OCO", role: "above" },
      { kind: "OCO", role: "below" },
      { kind: "OTO", role: "working" },
      { kind: "OTO", role: "pending" },
      { kind: "OTOCO", role: "below" }
    ] as const
  )[pick(5) as 0]
})

const nextEvent = (writer: SampleWriter, pick: Pick): Event => {
  const seq = writer.account.seq + 1
  const open = [...HashMap.values(writer.account.orders)].toSorted((a, b) => (a.orderId < b.orderId ? -1 : 1))
  const replaced = open.find((one) => flightOf(one, "cancel")?.by === orderIdOf(seq))
  if (replaced !== undefined) return { ...submitted(seq, replaced.intent), replaces: replaced.orderId }
  const order = open[pick(Math.max(1, open.length))]
  const kind = pick(23)
  if (kind >= 20) return ofAccount(writer, kind, pick)
  if (kind === 0) return deposited(["USDT", "BTC", "ETH"][pick(3)] ?? "USDT", `${pick(1_000_000)}.5`)
  if (kind === 1) {
    const reason = { _tag: "UnknownSymbol", symbol: "XYZ" } as const
    const commandId = CommandId.make(`d${seq}`)
    const userId = UserId.make("user-ann")
    return { _tag: "OrderDenied", orderId: orderIdOf(seq), commandId, userId, intent: intentOf(pick), reason }
  }
  if (order === undefined || open.length < 3 || kind < 6) {
    const event = submitted(seq, intentOf(pick))
    return kind % 2 === 0 ? event : { ...event, list: linkOf(seq, pick) }
  }
  if (kind === 6) {
    const commandId = CommandId.make(`n${seq}`)
    const _tag = pick(2) === 0 ? "CancelDenied" : "AmendDenied"
    return { _tag, orderId: order.orderId, commandId, reason: { _tag: "OrderInDoubt" } }
  }
  const { intent, list, orderId: ofOrder, triggeredAt } = order
  if (isWaiting(list)) return { _tag: "LegPlaced", orderId: ofOrder, from: "query" }
  if (list !== undefined && pick(5) === 0) return { _tag: "LegReleased", orderId: ofOrder }
  if (!isSized(intent)) return { _tag: "OrderSized", orderId: ofOrder, quantity: Money.decimal("0.08") }
  if (isStop(intent) && triggeredAt === undefined) return { _tag: "OrderTriggered", orderId: ofOrder, from: "stream" }
  return ofOpen(order, seq, pick)
}

/** Steps of one to four events each, as they would be appended. The writer ends where they do. */
export const history = (writer: SampleWriter, seed: number, steps: number): ReadonlyArray<Append> => {
  const pick = choices(seed)
  return Array.from({ length: steps }, () => {
    const { afterSeq, ...step } = writer.next([nextEvent(writer, pick)])
    const more = Array.from({ length: pick(4) }, () => writer.next([nextEvent(writer, pick)]))
    return { ...step, afterSeq, updates: [...step.updates, ...more.flatMap(({ updates }) => updates)] }
  })
}

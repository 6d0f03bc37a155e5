// Commands and histories of sample accounts, made by the domain's own rules.
import { Schema } from "effect"
import { type Account, AccountSnapshot, type AccountUpdate, empty, step, toSnapshot } from "../../src/domain/Account.ts"
import type { CallRecord } from "../../src/domain/CallRecord.ts"
import { type Command, type Envelope, orderIdOf, type Receipt } from "../../src/domain/Command.ts"
import type { Event } from "../../src/domain/Event.ts"
import { AccountId, clientOrderIdOf, CommandId, ListId, OrderId, UserId } from "../../src/domain/Ids.ts"
import * as Money from "../../src/domain/Money.ts"
import { type Intent, priceOf, quoteQuantityOf, stopPriceOf } from "../../src/domain/Order.ts"
import type { Append } from "../../src/ports/Journal.ts"

/** Epoch milliseconds at which every sample happens. */
export const NOW = 1_723_100_000_000

export const accountId = (name: string): AccountId => AccountId.make(`account-${name}`)

/** Order ids that sort by `number`, as version 7 UUIDs do by their time. */
export const orderId = (number: number): OrderId =>
  OrderId.make(`01912f5c-0000-7000-8000-${number.toString().padStart(12, "0")}`)

export const assetsOf = (symbol: string) => ({ baseAsset: symbol.slice(0, -4), quoteAsset: symbol.slice(-4) })

export const limitBuy = (quantity = "0.5", price = "60000.01", symbol = "BTCUSDT"): Intent => ({
  type: "LIMIT",
  symbol,
  side: "BUY",
  quantity: Money.decimal(quantity),
  price: Money.decimal(price),
  timeInForce: "GTC"
})

const ann = UserId.make("user-ann")

export const envelope = (account: AccountId, commandId: string, command: Command): Envelope => ({
  commandId: CommandId.make(commandId),
  accountId: account,
  userId: ann,
  at: NOW,
  traceId: `trace-${commandId}`,
  command
})

/** Command `c<number>`: buys with the order id of the same number. */
export const placeOrder = (account: AccountId, number: number, intent: Intent = limitBuy()): Envelope =>
  envelope(account, `c${number}`, { _tag: "PlaceOrder", orderId: orderId(number), intent })

export const receiptOf = ({ commandId, command }: Envelope, seq: number): Receipt => {
  const orderId = orderIdOf(command)
  return { commandId, ...(orderId === undefined ? {} : { orderId }), outcome: "accepted", seq, at: NOW }
}

/** An account as a writer holds it: applies events and gives the steps to append. */
export class SampleWriter {
  account: Account

  constructor(accountId: AccountId) {
    this.account = empty(accountId)
  }

  /** The next step, with these events. The writer's own state moves on. */
  next(events: ReadonlyArray<Event>, more: Partial<Pick<Append, "receipts" | "snapshot">> = {}): Append {
    const afterSeq = this.account.seq
    const updates: Array<AccountUpdate> = []
    for (const event of events) {
      const seq = this.account.seq + 1
      const { account, update } = step(this.account, { seq, at: NOW + seq, traceId: `trace-${seq}`, event }, assetsOf)
      this.account = account
      updates.push(update)
    }
    return { accountId: this.account.accountId, afterSeq, updates, receipts: [], ...more }
  }
}

export const deposited = (asset: string, free: string): Event => ({
  _tag: "BalanceAdjusted",
  asset,
  free: Money.decimal(free)
})

export const submitted = (
  number: number,
  intent: Intent = limitBuy()
): Extract<Event, { readonly _tag: "OrderSubmitted" }> => {
  const limit = priceOf(intent) ?? stopPriceOf(intent) ?? Money.decimal("60000")
  const { baseAsset, quoteAsset } = assetsOf(intent.symbol)
  return {
    _tag: "OrderSubmitted",
    orderId: orderId(number),
    commandId: CommandId.make(`c${number}`),
    userId: ann,
    clientOrderId: clientOrderIdOf(orderId(number)),
    intent,
    hold:
      intent.side === "BUY"
        ? { asset: quoteAsset, amount: quoteQuantityOf(intent) ?? Money.multiply(limit, intent.quantity) }
        : { asset: baseAsset, amount: intent.quantity }
  }
}

/** Two orders that end each other, the first of that number. */
export const amended = (number: number, quantity: string): Event => ({
  _tag: "OrderAmended",
  orderId: orderId(number),
  quantity: Money.decimal(quantity)
})

export const ocoOf = (number: number): Extract<Command, { readonly _tag: "PlaceList" }> => {
  const terms = { symbol: "BTCUSDT", side: "SELL", quantity: Money.decimal("0.5") } as const
  return {
    _tag: "PlaceList",
    listId: ListId.make(orderId(number).replace("-8000-", "-9000-")),
    kind: "OCO",
    legs: [
      {
        role: "above",
        orderId: orderId(number),
        intent: { type: "LIMIT_MAKER", ...terms, price: Money.decimal("61000.5") }
      },
      {
        role: "below",
        orderId: orderId(number + 1),
        intent: { type: "STOP_LOSS", ...terms, stopPrice: Money.decimal("59000") }
      }
    ]
  }
}

export const accepted = (number: number): Event => ({
  _tag: "OrderAccepted",
  orderId: orderId(number),
  exchangeOrderId: `${1000 + number}`
})

export const filled = (number: number, tradeId: string, quantity: string, price = "60000.01"): Event => ({
  _tag: "OrderFilled",
  orderId: orderId(number),
  fill: {
    tradeId,
    price: Money.decimal(price),
    quantity: Money.decimal(quantity),
    fee: Money.multiply(Money.decimal(quantity), Money.decimal("0.001")),
    feeAsset: "BTC",
    liquidity: "taker",
    at: NOW
  }
})

/** A call about the order of that number, answered 5 ms after it was sent. */
export const callOf = (number: number, call: CallRecord["call"], after: number): CallRecord => ({
  orderId: orderId(number),
  call,
  sentAt: NOW + after,
  answeredAt: NOW + after + 5,
  outcome: "answered",
  detail: "1 report"
})

export const canceled = (number: number): Event => ({ _tag: "OrderCanceled", orderId: orderId(number) })

/** The life of one order, bought and filled in two parts: four events. */
export const boughtInTwo = (number: number): ReadonlyArray<Event> => [
  submitted(number),
  accepted(number),
  filled(number, `${number}-a`, "0.2"),
  filled(number, `${number}-b`, "0.3", "59999.99")
]

const encode = Schema.encodeSync(AccountSnapshot)
const sorted = <A>(rows: ReadonlyArray<A>, key: (row: A) => string): ReadonlyArray<A> =>
  rows.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))

/** An account as text and in order, to compare by value: a decimal read back may be scaled otherwise than the one written. */
export const shown = (account: Account) => {
  const { balances, orders, positions, seq } = encode(toSnapshot(account))
  return {
    seq,
    orders: sorted(orders, (order) => order.orderId),
    positions: sorted(positions, (position) => position.symbol),
    balances: sorted(balances, (balance) => balance.asset)
  }
}

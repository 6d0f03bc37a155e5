// A journal entry's body: the command, and what the engine saw of the market. Written by hand, in short keys and without what is usual,
// because every order is one; read by schema. The time is the entry's own.
import { Schema } from "effect"
import { Instrument } from "../../domain/Instrument.ts"
import * as Money from "../../domain/Money.ts"
import type { Command, NewList, OrderRef } from "../../domain/matching/Command.ts"
import * as ListingText from "../../domain/matching/ListingText.ts"
import { type Listing, selfTradePreventions } from "../../domain/matching/Listing.ts"
import type { NewOrder } from "../../domain/matching/Order.ts"
import { Side, TimeInForce } from "../../domain/Order.ts"
import type { Looked } from "./Seen.ts"

const unless = <A>(value: A, usual: A): A | undefined => (value === usual ? undefined : value)

const orderText = (order: NewOrder) => ({
  c: order.clientOrderId,
  s: order.side,
  t: order.type,
  f: unless(order.timeInForce, "GTC"),
  n: unless(order.lots, 0),
  q: order.quote === 0n ? undefined : String(order.quote),
  p: unless(order.ticks, 0),
  st: unless(order.stopTicks, 0),
  tb: unless(order.trailingBips, 0),
  ib: unless(order.icebergLots, 0),
  stp: unless(order.stp, "EXPIRE_MAKER"),
  si: order.strategyId,
  sy: order.strategyType
})

const refText = ({ clientOrderId, orderId }: OrderRef) => ({ i: orderId, c: clientOrderId })

const listText = (list: NewList) => {
  const { kind: k, listClientOrderId: c } = list
  switch (list.kind) {
    case "OCO":
      return { k, c, a: orderText(list.above), b: orderText(list.below) }
    case "OTO":
      return { k, c, w: orderText(list.working), p: orderText(list.pending) }
    case "OTOCO":
      return { k, c, w: orderText(list.working), a: orderText(list.above), b: orderText(list.below) }
  }
}

/** Equal texts are equal rules. */
export const textOfListing = (listing: Listing): string => JSON.stringify(ListingText.toJson(listing))

const commandText = (command: Command) => {
  switch (command._tag) {
    case "List":
      return { k: "L", r: ListingText.toJson(command.listing) }
    case "OpenAccount":
      return { k: "O", a: command.account, b: command.balances.map(({ amount, asset }) => [asset, String(amount)]) }
    case "Deposit":
      return { k: "D", a: command.account, x: command.asset, q: String(command.amount) }
    case "SetCommission":
      return { k: "F", a: command.account, n: command.maker, t: command.taker }
    case "Place":
      return { k: "P", a: command.account, s: command.symbol, o: orderText(command.order) }
    case "PlaceList":
      return { k: "PL", a: command.account, s: command.symbol, l: listText(command.list) }
    case "Cancel":
      return {
        k: "C",
        a: command.account,
        s: command.symbol,
        r: refText(command.order),
        d: command.cancelId,
        x: command.restriction
      }
    case "CancelAll":
      return { k: "CA", a: command.account, s: command.symbol, d: command.cancelId }
    case "CancelList":
      return {
        k: "CL",
        a: command.account,
        s: command.symbol,
        i: command.list.listId,
        c: command.list.listClientOrderId,
        d: command.cancelId
      }
    case "CancelReplace":
      return {
        k: "R",
        a: command.account,
        s: command.symbol,
        r: refText(command.cancel),
        d: command.cancelId,
        x: command.restriction,
        e: command.mode,
        y: command.mayPlace,
        o: orderText(command.order)
      }
    case "Amend":
      return {
        k: "A",
        a: command.account,
        s: command.symbol,
        r: refText(command.order),
        n: command.lots,
        c: command.clientOrderId
      }
    case "Tape":
      return { k: "T", s: command.symbol, p: command.ticks, n: command.lots, z: command.takerSide }
    case "Outside":
      return { k: "B", s: command.symbol, z: command.side, p: command.ticks, n: command.lots }
  }
}

const lookedText = (looked: Looked) => ({
  l: looked.lastTicks,
  r: looked.reference === undefined ? undefined : String(looked.reference),
  i: looked.lastTradeId,
  b: looked.bids,
  a: looked.asks,
  w: looked.aheadOfBids,
  v: looked.aheadOfAsks
})

export const encode = (command: Command, looked: Looked): string =>
  JSON.stringify({ ...commandText(command), m: isNothing(looked) ? undefined : lookedText(looked) })

const isNothing = (looked: Looked): boolean => {
  for (const _ in looked) return false
  return true
}

const AmountText = Schema.String.check(Schema.isPattern(/^-?\d{1,40}$/))
const maybe = Schema.optionalKey
const OrderType = Schema.Literals([
  "LIMIT",
  "LIMIT_MAKER",
  "MARKET",
  "STOP_LOSS",
  "STOP_LOSS_LIMIT",
  "TAKE_PROFIT",
  "TAKE_PROFIT_LIMIT"
])
const Stp = Schema.Literals(selfTradePreventions)

const OrderBody = Schema.Struct({
  c: Schema.String,
  s: Side,
  t: OrderType,
  f: maybe(TimeInForce),
  n: maybe(Schema.Int),
  q: maybe(AmountText),
  p: maybe(Schema.Int),
  st: maybe(Schema.Int),
  tb: maybe(Schema.Int),
  ib: maybe(Schema.Int),
  stp: maybe(Stp),
  si: maybe(Schema.Int),
  sy: maybe(Schema.Int)
})
const RefBody = Schema.Struct({ i: maybe(Schema.Int), c: maybe(Schema.String) })
const ListBody = Schema.Union([
  Schema.Struct({ k: Schema.Literal("OCO"), c: Schema.String, a: OrderBody, b: OrderBody }),
  Schema.Struct({ k: Schema.Literal("OTO"), c: Schema.String, w: OrderBody, p: OrderBody }),
  Schema.Struct({ k: Schema.Literal("OTOCO"), c: Schema.String, w: OrderBody, a: OrderBody, b: OrderBody })
])
const Bips = Schema.Struct({ min: Schema.Int, max: Schema.Int })
const ExchangeBody = Schema.Struct({
  maxOrders: Schema.Int,
  maxAlgoOrders: Schema.Int,
  maxIcebergOrders: Schema.Int,
  maxOrderLists: Schema.Int
})
const ListingBody = Schema.Struct({
  instrument: Instrument,
  status: Schema.Literals(["TRADING", "HALT", "BREAK", "CANCEL_ONLY"]),
  orderTypes: Schema.Array(OrderType),
  icebergAllowed: Schema.Boolean,
  listsAllowed: Schema.Boolean,
  quoteOrderQtyAllowed: Schema.Boolean,
  trailingAllowed: Schema.Boolean,
  cancelReplaceAllowed: Schema.Boolean,
  amendAllowed: Schema.Boolean,
  defaultStp: Stp,
  allowedStps: Schema.Array(Stp),
  icebergParts: Schema.Int,
  maxIcebergOrders: Schema.Int,
  maxAlgoOrders: Schema.Int,
  maxOrderLists: Schema.Int,
  maxAmends: Schema.Int,
  trailingAbove: Bips,
  trailingBelow: Bips,
  minMarketQuantity: Money.DecimalString,
  marketStep: Money.DecimalString,
  minNotionalToMarket: Schema.Boolean,
  maxNotionalToMarket: Schema.Boolean,
  maxPosition: Money.DecimalString,
  maxBase: Money.DecimalString,
  maxQuote: Money.DecimalString,
  exchange: ExchangeBody
})

const Turns = maybe(Schema.Array(Schema.Int))
const LookedBody = Schema.Struct({
  l: maybe(Schema.Int),
  r: maybe(AmountText),
  i: maybe(Schema.Int),
  b: Turns,
  a: Turns,
  w: Turns,
  v: Turns
})
const m = maybe(LookedBody)
const a = Schema.String
const s = Schema.String
const d = Schema.String
const x = maybe(Schema.Literals(["ONLY_NEW", "ONLY_PARTIALLY_FILLED"]))

const Body = Schema.Union([
  Schema.Struct({ k: Schema.Literal("P"), a, s, o: OrderBody, m }),
  Schema.Struct({ k: Schema.Literal("C"), a, s, r: RefBody, d, x, m }),
  Schema.Struct({ k: Schema.Literal("T"), s, p: Schema.Int, n: Schema.Int, z: Side, m }),
  Schema.Struct({ k: Schema.Literal("B"), s, z: Side, p: Schema.Int, n: Schema.Int, m }),
  Schema.Struct({ k: Schema.Literal("L"), r: ListingBody, m }),
  Schema.Struct({ k: Schema.Literal("O"), a, b: Schema.Array(Schema.Tuple([Schema.String, AmountText])), m }),
  Schema.Struct({ k: Schema.Literal("D"), a, x: Schema.String, q: AmountText, m }),
  Schema.Struct({ k: Schema.Literal("F"), a, n: Schema.Int, t: Schema.Int, m }),
  Schema.Struct({ k: Schema.Literal("PL"), a, s, l: ListBody, m }),
  Schema.Struct({ k: Schema.Literal("CA"), a, s, d, m }),
  Schema.Struct({ k: Schema.Literal("CL"), a, s, i: maybe(Schema.Int), c: maybe(Schema.String), d, m }),
  Schema.Struct({
    k: Schema.Literal("R"),
    a,
    s,
    r: RefBody,
    d,
    x,
    e: Schema.Literals(["STOP_ON_FAILURE", "ALLOW_FAILURE"]),
    y: Schema.Boolean,
    o: OrderBody,
    m
  }),
  Schema.Struct({ k: Schema.Literal("A"), a, s, r: RefBody, n: Schema.Int, c: Schema.String, m })
])
type Body = typeof Body.Type

const decodeBody = Schema.decodeUnknownSync(Schema.fromJsonString(Body))

/** Throws on a body that this version did not write. */
export const decode = (at: number, text: string): { readonly command: Command; readonly looked: Looked } => {
  const body = decodeBody(text)
  return { command: commandOf(at, body), looked: body.m === undefined ? {} : lookedOf(body.m) }
}

/** A struct without the keys that are undefined. */
const given = <A extends object>(fields: A): { [K in keyof A]: Exclude<A[K], undefined> } => {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof A]: Exclude<A[K], undefined> }
}

const lookedOf = (body: typeof LookedBody.Type): Looked =>
  given({
    lastTicks: body.l,
    reference: body.r === undefined ? undefined : BigInt(body.r),
    lastTradeId: body.i,
    bids: body.b,
    asks: body.a,
    aheadOfBids: body.w,
    aheadOfAsks: body.v
  })

const orderOf = (body: typeof OrderBody.Type): NewOrder => ({
  clientOrderId: body.c,
  side: body.s,
  type: body.t,
  timeInForce: body.f ?? "GTC",
  lots: body.n ?? 0,
  quote: BigInt(body.q ?? 0),
  ticks: body.p ?? 0,
  stopTicks: body.st ?? 0,
  trailingBips: body.tb ?? 0,
  icebergLots: body.ib ?? 0,
  stp: body.stp ?? "EXPIRE_MAKER",
  ...(body.si === undefined ? {} : { strategyId: body.si }),
  ...(body.sy === undefined ? {} : { strategyType: body.sy })
})

const refOf = ({ c, i }: typeof RefBody.Type): OrderRef => given({ orderId: i, clientOrderId: c })

const listOf = (body: typeof ListBody.Type): NewList => {
  const listClientOrderId = body.c
  switch (body.k) {
    case "OCO":
      return { kind: "OCO", listClientOrderId, above: orderOf(body.a), below: orderOf(body.b) }
    case "OTO":
      return { kind: "OTO", listClientOrderId, working: orderOf(body.w), pending: orderOf(body.p) }
    case "OTOCO":
      return {
        kind: "OTOCO",
        listClientOrderId,
        working: orderOf(body.w),
        above: orderOf(body.a),
        below: orderOf(body.b)
      }
  }
}

const listingOf = (body: typeof ListingBody.Type): Listing => ({
  ...body,
  orderTypes: new Set(body.orderTypes),
  allowedStps: new Set(body.allowedStps)
})

const commandOf = (at: number, body: Body): Command => {
  switch (body.k) {
    case "L":
      return { _tag: "List", at, listing: listingOf(body.r) }
    case "O":
      return {
        _tag: "OpenAccount",
        at,
        account: body.a,
        balances: body.b.map(([asset, amount]) => ({ asset, amount: BigInt(amount) }))
      }
    case "D":
      return { _tag: "Deposit", at, account: body.a, asset: body.x, amount: BigInt(body.q) }
    case "F":
      return { _tag: "SetCommission", at, account: body.a, maker: body.n, taker: body.t }
    case "P":
      return { _tag: "Place", at, account: body.a, symbol: body.s, order: orderOf(body.o) }
    case "PL":
      return { _tag: "PlaceList", at, account: body.a, symbol: body.s, list: listOf(body.l) }
    case "C":
      return {
        _tag: "Cancel",
        at,
        account: body.a,
        symbol: body.s,
        order: refOf(body.r),
        cancelId: body.d,
        ...(body.x === undefined ? {} : { restriction: body.x })
      }
    case "CA":
      return { _tag: "CancelAll", at, account: body.a, symbol: body.s, cancelId: body.d }
    case "CL":
      return {
        _tag: "CancelList",
        at,
        account: body.a,
        symbol: body.s,
        list: given({ listId: body.i, listClientOrderId: body.c }),
        cancelId: body.d
      }
    case "R":
      return {
        _tag: "CancelReplace",
        at,
        account: body.a,
        symbol: body.s,
        cancel: refOf(body.r),
        cancelId: body.d,
        ...(body.x === undefined ? {} : { restriction: body.x }),
        mode: body.e,
        mayPlace: body.y,
        order: orderOf(body.o)
      }
    case "A":
      return {
        _tag: "Amend",
        at,
        account: body.a,
        symbol: body.s,
        order: refOf(body.r),
        lots: body.n,
        clientOrderId: body.c
      }
    case "T":
      return { _tag: "Tape", at, symbol: body.s, ticks: body.p, lots: body.n, takerSide: body.z }
    case "B":
      return { _tag: "Outside", at, symbol: body.s, side: body.z, ticks: body.p, lots: body.n }
  }
}

// How an event is kept: the version of its shape, and the one place that reads every version there has been.
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { withSortedKeys } from "./CanonicalJson.ts"
import { Event, type Recorded } from "./Event.ts"
import type { Fill } from "./Fill.ts"
import type { ListLink } from "./ListLink.ts"
import * as Money from "./Money.ts"
import {
  type Hold,
  icebergQuantityOf,
  type Intent,
  priceOf,
  quoteQuantityOf,
  stopPriceOf,
  timeInForceOf,
  trailingDeltaOf
} from "./Order.ts"

/**
 * The shape that is written today. A change that `Event` would no longer read, or would read otherwise, takes the next number, and a
 * reader below that turns the old shape into the new one; what is stored is never rewritten.
 */
export const VERSION = 4

/** An event as a store has it. `event` is JSON in the shape of its `version`. */
export const StoredEvent = Schema.Struct({
  seq: Schema.Int,
  at: Schema.Finite,
  traceId: Schema.String,
  version: Schema.Int,
  event: Schema.Unknown
})
export type StoredEvent = typeof StoredEvent.Type

/** An event that this desk cannot read. */
export class EventUnreadable extends Schema.TaggedError<EventUnreadable>()("EventUnreadable", {
  message: Schema.String
}) {}

const decode = Schema.decodeUnknownResult(Event)

/**
 * By version, from the first. Version 2 only adds to version 1; but an order of version 1 knew one call in flight, so that any news of it
 * ended whatever was in doubt (Account.ts). Versions 3 and 4 only add to the ones before.
 */
const readers: ReadonlyMap<number, (event: unknown) => Result.Result<Event, unknown>> = new Map([
  [1, decode],
  [2, decode],
  [3, decode],
  [4, decode]
])

/** Today's event, from whichever version it was written in. */
export const read = ({ at, event, seq, traceId, version }: StoredEvent): Result.Result<Recorded, EventUnreadable> => {
  const reader = readers.get(version)
  if (reader === undefined) {
    const message = `event ${seq} has version ${version} and this desk reads up to ${VERSION}: a newer desk wrote it`
    return Result.fail(new EventUnreadable({ message }))
  }
  const found = reader(event)
  return Result.isSuccess(found)
    ? Result.succeed({ seq, at, traceId, event: found.success, ...(version === VERSION ? {} : { version }) })
    : Result.fail(new EventUnreadable({ message: `event ${seq} has a shape that is not one of version ${version}` }))
}

// What every order writes is encoded by hand, at a third of the cost; that it is what the schemas would write, or refuse, is tested.

/** Throws on what could not be read back: more than 20 digits on a side. */
export const encodeDecimal = (value: Money.Decimal): string => {
  const text = Money.format(value)
  if (text.length > 20 && Money.parse(text) === undefined) throw new Error(`${text} has too many digits to be stored`)
  return text
}

export const encodeIntent = (intent: Intent): typeof Intent.Encoded => {
  const { side, symbol, type } = intent
  const shown = icebergQuantityOf(intent)
  const price = priceOf(intent)
  const quote = quoteQuantityOf(intent)
  const stop = stopPriceOf(intent)
  const delta = trailingDeltaOf(intent)
  const timeInForce = timeInForceOf(intent)
  // One shape a type, as the union has them; that it is one of those, the type of `intent` says.
  return {
    ...(shown === undefined ? {} : { icebergQuantity: encodeDecimal(shown) }),
    ...(price === undefined ? {} : { price: encodeDecimal(price) }),
    quantity: encodeDecimal(intent.quantity),
    ...(quote === undefined ? {} : { quoteQuantity: encodeDecimal(quote) }),
    side,
    ...(stop === undefined ? {} : { stopPrice: encodeDecimal(stop) }),
    symbol,
    ...(timeInForce === undefined ? {} : { timeInForce }),
    ...(delta === undefined ? {} : { trailingDelta: delta }),
    type
  } as typeof Intent.Encoded
}

export const encodeHold = ({ amount, asset }: Hold): typeof Hold.Encoded => ({ amount: encodeDecimal(amount), asset })

/** With its keys in canonical order. */
const encodeLink = ({ kind, listId, placedAt, role }: ListLink): typeof ListLink.Encoded => ({
  kind,
  listId,
  ...(placedAt === undefined ? {} : { placedAt }),
  role
})

export const encodeFill = (fill: Fill): typeof Fill.Encoded => ({
  at: fill.at,
  fee: encodeDecimal(fill.fee),
  feeAsset: fill.feeAsset,
  liquidity: fill.liquidity,
  price: encodeDecimal(fill.price),
  quantity: encodeDecimal(fill.quantity),
  tradeId: fill.tradeId
})

const encodeRare = Schema.encodeSync(Event)

/** In the shape of `VERSION`, with its keys in canonical order: `JSON.stringify` gives the text that is hashed. */
export const encodeEvent = (event: Event): typeof Event.Encoded => {
  switch (event._tag) {
    case "OrderSubmitted": {
      const { _tag, clientOrderId, commandId, hold, intent, list, orderId, replaces, sentAt, userId } = event
      return {
        _tag,
        clientOrderId,
        commandId,
        hold: encodeHold(hold),
        intent: encodeIntent(intent),
        ...(list === undefined ? {} : { list: encodeLink(list) }),
        orderId,
        ...(replaces === undefined ? {} : { replaces }),
        ...(sentAt === undefined ? {} : { sentAt }),
        ...(userId === undefined ? {} : { userId })
      }
    }
    case "OrderAccepted":
      return {
        _tag: event._tag,
        exchangeOrderId: event.exchangeOrderId,
        ...(event.from === undefined ? {} : { from: event.from }),
        orderId: event.orderId
      }
    case "OrderFilled":
      return {
        _tag: event._tag,
        fill: encodeFill(event.fill),
        ...(event.from === undefined ? {} : { from: event.from }),
        orderId: event.orderId
      }
    default:
      return withSortedKeys(encodeRare(event))
  }
}

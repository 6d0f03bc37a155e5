// Orders and what became of them. Placing and cancelling only make a command durable; the executor decides.
import { Clock, Effect, Option } from "effect"
import type { HttpServerRequest } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { Config } from "../../Config.ts"
import { type Accepted, Api, type Caller, CurrentCaller, DEFAULT_LIMIT, type DenialCode } from "../../contract/Http.ts"
import { badgeView } from "../../contract/MarketViews.ts"
import { balanceView, fillView, orderView, positionView } from "../../contract/Views.ts"
import { type Command, type Envelope, orderIdOf, type Receipt, sameRequest } from "../../domain/Command.ts"
import { type AccountId, CommandId, OrderId } from "../../domain/Ids.ts"
import { isClosed, type Order } from "../../domain/Order.ts"
import { Blotter } from "../../ports/Blotter.ts"
import { Journal, type Stored } from "../../ports/Journal.ts"
import { MarketData } from "../../ports/MarketData.ts"
import { Access } from "./Access.ts"
import { FreshIds } from "./FreshIds.ts"
import { Limits } from "./Limits.ts"
import { denialOf, executedOf, intentOf, quantityOf } from "./OrderForm.ts"
import { MAX_ROWS, storyOf } from "./OrderStory.ts"
import { type Refusal, refusal, refusalOf, refuse, refuseForNow, storeAway } from "./Refusal.ts"
import { Gateway, MAX_UNDECIDED } from "./Submit.ts"

/** Whether it was stored is open, so the only safe retry is one with the same key. */
const outcomeOpen = () =>
  refuse(
    "JOURNAL_UNAVAILABLE",
    "The desk could not confirm this. Send it again with the same Idempotency-Key: it cannot happen twice."
  )
export const marketAway = refuse(
  "MARKET_UNAVAILABLE",
  "The desk does not know its market yet. Nothing was placed; try again shortly."
)
const noOrder = refusal("ORDER_NOT_FOUND", "There is no such order in this account.")
/** Why nothing can be done to an order any more; `undefined` for one that is open. */
const notOpen = (found: Option.Option<Order>, what: string) => {
  if (Option.isNone(found)) return noOrder
  const { status } = found.value
  if (!isClosed(status)) return undefined
  return refusal("ORDER_CLOSED", `The order is already ${status}; there is nothing left to ${what}.`)
}
type CloseRefusal = "ORDER_CLOSED" | "ORDER_NOT_FOUND"
export type PlaceRefusal = Exclude<DenialCode, "MARKET_UNAVAILABLE">
export const conflict = refuse(
  "IDEMPOTENCY_CONFLICT",
  "That Idempotency-Key was used for another request. Use a fresh one."
)

/** One refusal a code, as the contract has them. */
export type RefusalsOf<Code> = Code extends string ? Refusal<Code> : never
export type Again<Code extends string> = RefusalsOf<Code> | Refusal<"IDEMPOTENCY_CONFLICT">

/** Also of a refusal: the same key gets the same answer, however the market or the order has moved on. */
const receiptOf = ({ at, command, commandId }: Envelope, { error }: Refusal<string>): Receipt => {
  const orderId = orderIdOf(command)
  return {
    commandId,
    ...(orderId === undefined ? {} : { orderId }),
    outcome: "refused",
    reason: error.message,
    refusal: error,
    seq: 0,
    at
  }
}

const acceptedOf = (command: Command): Effect.Effect<Accepted, Again<never>> => {
  const orderId = orderIdOf(command)
  return orderId === undefined ? conflict : Effect.succeed({ orderId, status: "PENDING" })
}

/** https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/

/** What every way to ask for something is made with. */
export const make = Effect.gen(function* () {
  const access = yield* Access
  const blotter = yield* Blotter
  const gateway = yield* Gateway
  const limits = yield* Limits
  const market = yield* MarketData
  const ids = new FreshIds()

  const traceOf = (request: HttpServerRequest.HttpServerRequest): string => {
    const given = request.headers["traceparent"]
    return (given === undefined ? undefined : TRACEPARENT.exec(given)?.[1]) ?? ids.trace()
  }
  const stamp = (
    caller: Caller,
    accountId: AccountId,
    key: string | undefined,
    at: number,
    request: HttpServerRequest.HttpServerRequest,
    command: Command
  ): Envelope => ({
    commandId: CommandId.make(key ?? ids.uuid(at)),
    accountId,
    userId: caller.userId,
    at,
    traceId: traceOf(request),
    command
  })

  /** What was said of a command the first time, said again: it is never judged anew (I3). */
  const again = <Code extends string>({ envelope, receipt }: Stored): Effect.Effect<Command, Again<Code>> =>
    // Of a command that asks for the same, so of the same endpoint.
    receipt?.refusal === undefined
      ? Effect.succeed(envelope.command)
      : Effect.fail({ error: receipt.refusal } as RefusalsOf<Code>)

  /** The command that stands under a key, where there is one. */
  const standing = Effect.fnUntraced(function* <Code extends string>(
    accountId: AccountId,
    key: string | undefined,
    command: Command
  ) {
    if (key === undefined) return Option.none<Command>()
    const first = yield* Effect.catch(gateway.stored(accountId, CommandId.make(key)), storeAway)
    if (Option.isNone(first)) return Option.none<Command>()
    if (!sameRequest(first.value.envelope.command, command)) return yield* conflict
    return Option.some(yield* again<Code>(first.value))
  })

  const full = Effect.fnUntraced(function* <Code extends string>({ accountId, command }: Envelope, key?: string) {
    const first = yield* standing<Code>(accountId, key, command)
    if (Option.isSome(first)) return first.value
    return yield* refuseForNow(
      "MAILBOX_FULL",
      `${MAX_UNDECIDED} orders of this account wait for a decision. Nothing was placed; try again shortly.`,
      1000
    )
  })

  /** Makes the command durable, or the `refusal` of one that was sent with a key; a repeat gives what stands since the first time. */
  const settle = Effect.fnUntraced(function* <Code extends string = never>(
    envelope: Envelope,
    key: string | undefined,
    refused?: RefusalsOf<Code>
  ) {
    if (refused !== undefined && key === undefined) return yield* Effect.fail(refused)
    const receipt = refused === undefined ? undefined : receiptOf(envelope, refused)
    const stored = yield* gateway.submit(envelope, receipt).pipe(
      Effect.catchTags({
        JournalError: outcomeOpen,
        MailboxFull: () => full<Code>(envelope, key)
      })
    )
    if (stored._tag !== "New" && stored._tag !== "Repeated" && stored._tag !== "Conflicting") return stored
    if (stored._tag === "Conflicting") return yield* conflict
    return yield* again<Code>(
      stored._tag === "New" ? { envelope, ...(receipt === undefined ? {} : { receipt }) } : stored
    )
  })

  const submit = <Code extends string = never>(...given: Parameters<typeof settle<Code>>) =>
    Effect.flatMap(settle<Code>(...given), acceptedOf)

  return { access, blotter, gateway, limits, market, ids, stamp, settle, standing, submit }
})

/** The handlers of `/api/trading`. */
export const layer = HttpApiBuilder.group(
  Api,
  "trading",
  Effect.fnUntraced(function* (group) {
    const { access, blotter, ids, limits, market, standing, stamp, submit } = yield* make
    const { environment } = yield* Config
    const journal = yield* Journal
    const read = Effect.fnUntraced(function* (named: string | undefined) {
      return yield* access.account(yield* CurrentCaller, named, "read")
    })

    return group.handleAll({
      placeOrder: Effect.fnUntraced(function* ({ headers, payload, request }) {
        const caller = yield* CurrentCaller
        yield* limits.order(caller.userId)
        const accountId = yield* access.account(caller, payload.accountId, "trade")
        const intent = yield* intentOf(payload)
        const key = headers["idempotency-key"]
        const at = yield* Clock.currentTimeMillis
        const command = { _tag: "PlaceOrder" as const, orderId: OrderId.make(ids.uuid(at)), intent }
        const envelope = stamp(caller, accountId, key, at, request, command)
        const denial = denialOf(intent, market.instrument(intent.symbol), market.quote(intent.symbol))
        if (denial === undefined) return yield* submit(envelope, key)
        const refused = refusalOf(denial)
        // A market that is not known is no answer to keep. One in another process, not heard of yet, is no reason to call the symbol unknown.
        if (refused.error.code === "MARKET_UNAVAILABLE" || (yield* market.instruments).size === 0) {
          const first = yield* standing<PlaceRefusal>(accountId, key, command)
          return Option.isSome(first) ? yield* acceptedOf(first.value) : yield* marketAway
        }
        return yield* submit<PlaceRefusal>(envelope, key, refused as RefusalsOf<PlaceRefusal>)
      }),

      cancelOrder: Effect.fnUntraced(function* ({ headers, params, query, request }) {
        const caller = yield* CurrentCaller
        yield* limits.order(caller.userId)
        const accountId = yield* access.account(caller, query.accountId, "trade")
        const orderId = OrderId.make(params.orderId)
        const found = yield* Effect.catch(blotter.order(accountId, orderId), storeAway)
        const key = headers["idempotency-key"]
        const at = yield* Clock.currentTimeMillis
        const envelope = stamp(caller, accountId, key, at, request, { _tag: "CancelOrder", orderId })
        return yield* submit<CloseRefusal>(envelope, key, notOpen(found, "cancel"))
      }),

      amendOrder: Effect.fnUntraced(function* ({ headers, params, payload, query, request }) {
        const caller = yield* CurrentCaller
        yield* limits.order(caller.userId)
        const accountId = yield* access.account(caller, query.accountId, "trade")
        const quantity = yield* quantityOf(payload.quantity)
        const orderId = OrderId.make(params.orderId)
        const found = yield* Effect.catch(blotter.order(accountId, orderId), storeAway)
        const key = headers["idempotency-key"]
        const at = yield* Clock.currentTimeMillis
        const envelope = stamp(caller, accountId, key, at, request, { _tag: "AmendOrder", orderId, quantity })
        return yield* submit<CloseRefusal>(envelope, key, notOpen(found, "amend"))
      }),

      replaceOrder: Effect.fnUntraced(function* ({ headers, params, payload, query, request }) {
        const caller = yield* CurrentCaller
        yield* limits.order(caller.userId)
        const accountId = yield* access.account(caller, query.accountId, "trade")
        const replaces = OrderId.make(params.orderId)
        const found = yield* Effect.catch(blotter.order(accountId, replaces), storeAway)
        if (Option.isNone(found)) return yield* Effect.fail(noOrder)
        const { side, symbol } = found.value.intent
        const { executedQuantity, ...terms } = payload
        const intent = yield* intentOf({ ...terms, side, symbol })
        const known = yield* executedOf(executedQuantity)
        const key = headers["idempotency-key"]
        const at = yield* Clock.currentTimeMillis
        const command = {
          _tag: "ReplaceOrder" as const,
          orderId: OrderId.make(ids.uuid(at)),
          replaces,
          intent,
          ...known
        }
        const envelope = stamp(caller, accountId, key, at, request, command)
        const denial = denialOf(intent, market.instrument(symbol), market.quote(symbol))
        const closed = notOpen(found, "replace")
        const refused = closed ?? (denial === undefined ? undefined : refusalOf(denial))
        const isUnknown = refused?.error.code === "MARKET_UNAVAILABLE" || (yield* market.instruments).size === 0
        if (closed === undefined && refused !== undefined && isUnknown) {
          const first = yield* standing<PlaceRefusal>(accountId, key, command)
          return Option.isSome(first) ? yield* acceptedOf(first.value) : yield* marketAway
        }
        return yield* submit<CloseRefusal | PlaceRefusal>(
          envelope,
          key,
          refused as RefusalsOf<CloseRefusal | PlaceRefusal> | undefined
        )
      }),

      orderHistory: Effect.fnUntraced(function* ({ params, query }) {
        const accountId = yield* read(query.accountId)
        const orderId = OrderId.make(params.orderId)
        const trail = yield* Effect.catch(journal.trail(accountId, orderId, MAX_ROWS + 1), storeAway)
        const { calls, commands, events } = trail
        // What was refused at the door made no order, and a cancel of nothing does not make one either.
        const asked = commands.some(({ receipt }) => receipt?.outcome !== "refused")
        if (!asked && events.length + calls.length === 0) return yield* Effect.fail(noOrder)
        return storyOf(orderId, trail)
      }),

      orders: Effect.fnUntraced(function* ({ query }) {
        const accountId = yield* read(query.accountId)
        const { before, limit = DEFAULT_LIMIT, state = "all", symbol } = query
        const orders = yield* Effect.catch(
          blotter.orders({
            accountId,
            state,
            limit,
            ...(symbol === undefined ? {} : { symbol }),
            ...(before === undefined ? {} : { before: OrderId.make(before) })
          }),
          storeAway
        )
        return { orders: orders.map(orderView) }
      }),

      order: Effect.fnUntraced(function* ({ params, query }) {
        const accountId = yield* read(query.accountId)
        const found = yield* Effect.catch(blotter.order(accountId, OrderId.make(params.orderId)), storeAway)
        return Option.isSome(found) ? orderView(found.value) : yield* Effect.fail(noOrder)
      }),

      positions: Effect.fnUntraced(function* ({ query }) {
        const { positions } = yield* Effect.catch(blotter.state(yield* read(query.accountId)), storeAway)
        return { positions: positions.map(positionView) }
      }),

      balances: Effect.fnUntraced(function* ({ query }) {
        const { balances } = yield* Effect.catch(blotter.state(yield* read(query.accountId)), storeAway)
        return { balances: balances.map(balanceView) }
      }),

      trades: Effect.fnUntraced(function* ({ query }) {
        const accountId = yield* read(query.accountId)
        const { beforeSeq, limit = DEFAULT_LIMIT, orderId, symbol } = query
        const fills = yield* Effect.catch(
          blotter.fills({
            accountId,
            limit,
            ...(symbol === undefined ? {} : { symbol }),
            ...(orderId === undefined ? {} : { orderId: OrderId.make(orderId) }),
            ...(beforeSeq === undefined ? {} : { beforeSeq })
          }),
          storeAway
        )
        return { trades: fills.map(fillView) }
      }),

      account: Effect.fnUntraced(function* ({ query }) {
        const caller = yield* CurrentCaller
        const accountId = yield* access.account(caller, query.accountId, "read")
        const { seq } = yield* Effect.catch(blotter.state(accountId), storeAway)
        return {
          user: { id: caller.userId as string, email: caller.email },
          accounts: yield* access.memberships(caller.userId),
          accountId: accountId as string,
          badge: badgeView(environment, yield* market.badge),
          seq
        }
      })
    })
  })
)

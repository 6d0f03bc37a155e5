// Orders and what became of them. Placing and cancelling only make a command durable; the executor decides.
import { Clock, Effect, Option } from "effect"
import type { HttpServerRequest } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { Config } from "../../Config.ts"
import { type Accepted, Api, type Caller, CurrentCaller, DEFAULT_LIMIT } from "../../contract/Http.ts"
import { badgeView } from "../../contract/MarketViews.ts"
import { balanceView, fillView, orderView, positionView } from "../../contract/Views.ts"
import { type Command, type Envelope, orderIdOf, sameRequest } from "../../domain/Command.ts"
import { type AccountId, CommandId, OrderId } from "../../domain/Ids.ts"
import { isClosed } from "../../domain/Order.ts"
import { Blotter } from "../../ports/Blotter.ts"
import { MarketData } from "../../ports/MarketData.ts"
import { Access } from "./Access.ts"
import { FreshIds } from "./FreshIds.ts"
import { Limits } from "./Limits.ts"
import { denialOf, intentOf } from "./OrderForm.ts"
import { refuse, refuseDenial, refuseForNow, storeAway } from "./Refusal.ts"
import { Gateway, MAX_UNDECIDED } from "./Submit.ts"

/** Whether it was stored is open, so the only safe retry is one with the same key. */
const outcomeOpen = () =>
  refuse(
    "JOURNAL_UNAVAILABLE",
    "The desk could not confirm this. Send it again with the same Idempotency-Key: it cannot happen twice."
  )
const marketAway = refuse(
  "MARKET_UNAVAILABLE",
  "The desk does not know its market yet. Nothing was placed; try again shortly."
)
const noOrder = refuse("ORDER_NOT_FOUND", "There is no such order in this account.")
const conflict = refuse("IDEMPOTENCY_CONFLICT", "That Idempotency-Key was used for another request. Use a fresh one.")

const pending = (orderId: string): Accepted => ({ orderId, status: "PENDING" })

/** https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/

const make = Effect.gen(function* () {
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

  /** Submits, and answers a repeat with the order it was first about. */
  const submit = Effect.fnUntraced(function* (envelope: Envelope, key: string | undefined) {
    const stored = yield* gateway.submit(envelope).pipe(
      Effect.catchTags({
        JournalError: outcomeOpen,
        MailboxFull: () =>
          Effect.flatMap(repeated(envelope.accountId, key, envelope.command), (first) =>
            Option.isSome(first)
              ? Effect.succeed(first.value)
              : refuseForNow(
                  "MAILBOX_FULL",
                  `${MAX_UNDECIDED} orders of this account wait for a decision. Nothing was placed; try again shortly.`,
                  1000
                )
          )
      })
    )
    if (typeof stored === "string") return pending(stored)
    if (stored._tag === "Conflicting") return yield* conflict
    const orderId = orderIdOf((stored._tag === "New" ? envelope : stored.envelope).command)
    return orderId === undefined ? yield* conflict : pending(orderId)
  })

  /**
   * The first answer to a key, where it has had one: what is refused now may have been fine then, and a repeat is never judged anew.
   */
  const repeated = Effect.fnUntraced(function* (accountId: AccountId, key: string | undefined, command: Command) {
    if (key === undefined) return Option.none<OrderId>()
    const first = yield* Effect.catch(gateway.firstAnswer(accountId, CommandId.make(key)), storeAway)
    if (Option.isNone(first)) return Option.none<OrderId>()
    const { envelope, orderId } = first.value
    if (envelope !== undefined) {
      return sameRequest(envelope.command, command) ? Option.some(orderId) : yield* conflict
    }
    // Decided: what was asked is in the order itself.
    const order = Option.getOrUndefined(yield* Effect.catch(blotter.order(accountId, orderId), storeAway))
    const then: Command | undefined =
      command._tag === "CancelOrder"
        ? { _tag: "CancelOrder", orderId }
        : order === undefined
          ? undefined
          : { _tag: "PlaceOrder", orderId, intent: order.intent }
    if (then === undefined || !sameRequest(then, command)) return yield* conflict
    return Option.some(orderId)
  })

  return { access, blotter, gateway, limits, market, ids, stamp, submit, repeated }
})

/** The handlers of `/api/trading`. */
export const layer = HttpApiBuilder.group(
  Api,
  "trading",
  Effect.fnUntraced(function* (group) {
    const { access, blotter, ids, limits, market, repeated, stamp, submit } = yield* make
    const { environment } = yield* Config
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
        const denial = denialOf(intent, market.instrument(intent.symbol), market.quote(intent.symbol))
        if (denial !== undefined) {
          const first = yield* repeated(accountId, key, command)
          if (Option.isSome(first)) return pending(first.value)
          // A market in another process, which has not been heard of yet: no reason to call the symbol unknown.
          return yield* (yield* market.instruments).size === 0 ? marketAway : refuseDenial(denial)
        }
        return yield* submit(stamp(caller, accountId, key, at, request, command), key)
      }),

      cancelOrder: Effect.fnUntraced(function* ({ headers, params, query, request }) {
        const caller = yield* CurrentCaller
        yield* limits.order(caller.userId)
        const accountId = yield* access.account(caller, query.accountId, "trade")
        const orderId = OrderId.make(params.orderId)
        const found = yield* Effect.catch(blotter.order(accountId, orderId), storeAway)
        if (Option.isNone(found)) return yield* noOrder
        const key = headers["idempotency-key"]
        const at = yield* Clock.currentTimeMillis
        const command = { _tag: "CancelOrder" as const, orderId }
        if (isClosed(found.value.status)) {
          const first = yield* repeated(accountId, key, command)
          if (Option.isSome(first)) return pending(first.value)
          return yield* refuse(
            "ORDER_CLOSED",
            `The order is already ${found.value.status}; there is nothing left to cancel.`
          )
        }
        return yield* submit(stamp(caller, accountId, key, at, request, command), key)
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
        return Option.isSome(found) ? orderView(found.value) : yield* noOrder
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

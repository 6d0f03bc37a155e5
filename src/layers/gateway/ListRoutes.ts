// Orders that belong together: made durable as one command, decided and sent as one.
import { Clock, Effect, Option } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { type AcceptedList, Api, CurrentCaller } from "../../contract/Http.ts"
import type { Command } from "../../domain/Command.ts"
import { ListId, OrderId } from "../../domain/Ids.ts"
import { legsOf, listDenialOf } from "./ListForm.ts"
import { refusalOf } from "./Refusal.ts"
import { type Again, conflict, make, marketAway, type PlaceRefusal, type RefusalsOf } from "./TradingRoutes.ts"

const accepted = (command: Command): Effect.Effect<AcceptedList, Again<never>> =>
  command._tag === "PlaceList"
    ? Effect.succeed({
        listId: command.listId,
        status: "PENDING",
        orders: command.legs.map(({ orderId, role }) => ({ orderId, role }))
      })
    : conflict

/** The handlers of `/api/trading/order-lists`. */
export const layer = HttpApiBuilder.group(
  Api,
  "lists",
  Effect.fnUntraced(function* (group) {
    const { access, ids, limits, market, standing, stamp, settle } = yield* make

    return group.handleAll({
      placeList: Effect.fnUntraced(function* ({ headers, payload, request }) {
        const caller = yield* CurrentCaller
        yield* limits.order(caller.userId)
        const accountId = yield* access.account(caller, payload.accountId, "trade")
        const asked = yield* legsOf(payload)
        const key = headers["idempotency-key"]
        const at = yield* Clock.currentTimeMillis
        const { symbol, type: kind } = payload
        const legs = asked.map((leg) => ({ ...leg, orderId: OrderId.make(ids.uuid(at)) }))
        const command = { _tag: "PlaceList" as const, listId: ListId.make(ids.uuid(at)), kind, legs }
        const envelope = stamp(caller, accountId, key, at, request, command)
        const denial = listDenialOf(command, symbol, market.instrument(symbol), market.quote(symbol))
        if (denial === undefined) return yield* Effect.flatMap(settle(envelope, key), accepted)
        const refused = refusalOf(denial)
        // As for one order: a market that is not known is no answer to keep.
        if (refused.error.code === "MARKET_UNAVAILABLE" || (yield* market.instruments).size === 0) {
          const first = yield* standing<PlaceRefusal>(accountId, key, command)
          return Option.isSome(first) ? yield* accepted(first.value) : yield* marketAway
        }
        return yield* Effect.flatMap(settle<PlaceRefusal>(envelope, key, refused as RefusalsOf<PlaceRefusal>), accepted)
      })
    })
  })
)

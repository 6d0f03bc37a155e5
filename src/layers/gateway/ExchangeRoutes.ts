// How the desk stands with the exchange, as the process that sends the account's orders said last.
import { Clock, Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Config } from "../../Config.ts"
import { budgetView } from "../../contract/ExchangeView.ts"
import { Api, CurrentCaller } from "../../contract/Http.ts"
import { Events } from "../../ports/Events.ts"
import { Access } from "./Access.ts"

/** A process that was not heard for longer has ended, or cannot be heard. */
const HEARD_WITHIN_MILLIS = 10_000

export const layer = HttpApiBuilder.group(
  Api,
  "exchange",
  Effect.fnUntraced(function* (group) {
    const access = yield* Access
    const { environment } = yield* Config
    const events = yield* Events
    return group.handleAll({
      state: Effect.fnUntraced(function* ({ query }) {
        const accountId = yield* access.account(yield* CurrentCaller, query.accountId, "read")
        const now = yield* Clock.currentTimeMillis
        const heard = (yield* events.exchange).filter(
          (state) => state.environment === environment && now - state.at <= HEARD_WITHIN_MILLIS
        )
        // Of several, the one that has sent orders of the account; each lane has one owner at a time.
        const [first] = heard.toSorted((a, b) => b.at - a.at)
        const state = heard.find(({ orders }) => orders.some((one) => one.accountId === accountId)) ?? first
        return { environment, budget: state === undefined ? null : budgetView(state, accountId) }
      })
    })
  })
)

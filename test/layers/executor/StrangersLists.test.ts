// Orders that belong together and were placed at the exchange by somebody else: they hold here what they hold there.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Queue, Result } from "effect"
import { newOrderOf } from "../../../src/adapters/paper/DeskWords.ts"
import * as PaperExchange from "../../../src/adapters/paper/PaperExchange.ts"
import { Venue } from "../../../src/adapters/paper/Venue.ts"
import * as VenueEngine from "../../../src/adapters/paper/VenueEngine.ts"
import { ClientOrderId } from "../../../src/domain/Ids.ts"
import type { NewList } from "../../../src/domain/matching/Command.ts"
import * as Money from "../../../src/domain/Money.ts"
import type { Intent, OrderStatus } from "../../../src/domain/Order.ts"
import type { AccountUpdate } from "../../../src/domain/Account.ts"
import * as Executor from "../../../src/layers/executor/Executor.ts"
import { Supervisor } from "../../../src/layers/Supervisor.ts"
import { Blotter } from "../../../src/ports/Blotter.ts"
import { Events } from "../../../src/ports/Events.ts"
import { Exchange } from "../../../src/ports/Exchange.ts"
import { MarketData } from "../../../src/ports/MarketData.ts"
import { balance, send, world } from "../../kit/PaperDesk.ts"
import * as StillMarket from "../../kit/StillMarket.ts"
import { accountId, limit, maker, open, stop } from "../../kit/Trading.ts"

const outside = VenueEngine.layer().pipe(Layer.provideMerge(world))
/** The account is shared, so that what others place is looked for. */
const desk = Layer.build(
  Executor.layer.pipe(
    Layer.provide(
      Layer.effect(
        Exchange,
        Effect.map(Exchange, (real): Exchange["Service"] => ({ ...real, environment: "testnet" }))
      )
    ),
    Layer.provide(PaperExchange.layer),
    Layer.provide(Supervisor.layer)
  )
)

const order = (id: string, intent: Intent) =>
  Effect.map(Venue, ({ listings }) =>
    Result.getOrThrow(newOrderOf(ClientOrderId.make(id), intent, listings.get(intent.symbol)!))
  )

const placed = (list: NewList) =>
  Effect.flatMap(Venue, (venue) => venue.execute({ _tag: "PlaceList", account: accountId, symbol: "BTCUSDT", list }))

/** Until each of these client ids has had its status. */
const until = Effect.fnUntraced(function* (
  updates: Queue.Dequeue<AccountUpdate>,
  wanted: Readonly<Record<string, OrderStatus>>
) {
  const left = new Map(Object.entries(wanted))
  while (left.size > 0) {
    const { order: one } = yield* Queue.take(updates)
    if (one !== undefined && left.get(one.clientOrderId) === one.status) left.delete(one.clientOrderId)
  }
})

describe("an order list that somebody else placed at the exchange", () => {
  it.effect("is held for once where its orders end each other, and lets go as they do", () =>
    Effect.gen(function* () {
      const data = yield* MarketData
      StillMarket.book(data, [[60_000, 100_000]], [[60_010, 100_000]])
      StillMarket.trade(data, "BUY", 60_010, 1)
      const updates = yield* Events.use((events) => events.subscribe)
      yield* desk
      yield* send(open())
      yield* Effect.repeat(Queue.take(updates), { times: 2 })
      yield* placed({
        kind: "OCO",
        listClientOrderId: "web_list",
        above: yield* order("web_1", maker("SELL", "0.5", "60100")),
        below: yield* order("web_2", stop("STOP_LOSS", "SELL", "0.5", { stopPrice: "59900" }))
      })
      yield* until(updates, { web_1: "NEW", web_2: "NEW" })
      assert.strictEqual(yield* balance("BTC"), "0.5 + 0.5")
      StillMarket.trade(data, "BUY", 60_101, 20_000)
      yield* until(updates, { web_1: "PARTIALLY_FILLED", web_2: "EXPIRED" })
      assert.strictEqual(yield* balance("BTC"), "0.5 + 0.3")
    }).pipe(Effect.provide(outside))
  )

  it.effect("is not held for where its orders wait for another one", () =>
    Effect.gen(function* () {
      const data = yield* MarketData
      StillMarket.book(data, [[60_000, 100_000]], [[60_010, 100_000]])
      StillMarket.trade(data, "BUY", 60_010, 1)
      const updates = yield* Events.use((events) => events.subscribe)
      yield* desk
      yield* send(open())
      yield* Effect.repeat(Queue.take(updates), { times: 2 })
      yield* placed({
        kind: "OTOCO",
        listClientOrderId: "web_list",
        working: yield* order("web_1", limit("BUY", "0.5", "60000")),
        above: yield* order("web_2", maker("SELL", "0.4", "60100")),
        below: yield* order("web_3", stop("STOP_LOSS", "SELL", "0.4", { stopPrice: "59900" }))
      })
      yield* until(updates, { web_1: "NEW", web_2: "PENDING_NEW", web_3: "PENDING_NEW" })
      assert.strictEqual(yield* balance("USDT"), "70000 + 30000")
      assert.strictEqual(yield* balance("BTC"), "1 + 0")
      StillMarket.trade(data, "SELL", 59_999, 150_000)
      yield* until(updates, { web_1: "FILLED", web_2: "NEW", web_3: "NEW" })
      assert.strictEqual(yield* balance("BTC"), "1.0995 + 0.4")
      const { orders } = yield* Blotter.use((blotter) => blotter.state(accountId))
      assert.sameDeepMembers(
        orders.map(({ external, hold }) => [external, Money.format(hold.amount)]),
        [
          ["LIMIT_MAKER", "0.4"],
          ["STOP_LOSS", "0.4"]
        ]
      )
    }).pipe(Effect.provide(outside))
  )
})

// A desk with the paper exchange in one process, on a still market at 60,000: what a test of the executor sends, and what it waits for.
import { Effect, Layer, Option, Queue, type Scope } from "effect"
import * as PaperExchange from "../../src/adapters/paper/PaperExchange.ts"
import * as VenueEngine from "../../src/adapters/paper/VenueEngine.ts"
import type { AccountUpdate } from "../../src/domain/Account.ts"
import type { Envelope } from "../../src/domain/Command.ts"
import * as Money from "../../src/domain/Money.ts"
import type { OrderStatus } from "../../src/domain/Order.ts"
import * as Executor from "../../src/layers/executor/Executor.ts"
import { Supervisor } from "../../src/layers/Supervisor.ts"
import { Blotter } from "../../src/ports/Blotter.ts"
import { CommandQueue } from "../../src/ports/CommandQueue.ts"
import { Events } from "../../src/ports/Events.ts"
import { Exchange, ExchangeError, OutcomeUnknown } from "../../src/ports/Exchange.ts"
import { Journal } from "../../src/ports/Journal.ts"
import { MarketData } from "../../src/ports/MarketData.ts"
import * as MemoryJournal from "../../src/ports/MemoryJournal.ts"
import * as MemoryPaperJournal from "../../src/ports/MemoryPaperJournal.ts"
import * as Settings from "./Settings.ts"
import * as StillMarket from "./StillMarket.ts"
import { accountId, orderId } from "./Trading.ts"

export const world = Layer.mergeAll(
  MemoryJournal.layerMemory,
  MemoryPaperJournal.layerMemory,
  CommandQueue.layerMemory,
  Events.layerMemory,
  StillMarket.layer,
  Settings.layer()
)
type World = Layer.Success<typeof world>
export const exchange = PaperExchange.layer.pipe(Layer.provide(VenueEngine.layer()))

/** A desk whose exchange is as usual but for what is given. */
export const desk = (change: (real: Exchange["Service"]) => Partial<Exchange["Service"]> = () => ({})) => {
  const between = Layer.effect(
    Exchange,
    Effect.map(Exchange, (real) => ({ ...real, ...change(real) }))
  )
  return Layer.build(
    Layer.fresh(
      Executor.layer.pipe(Layer.provide(between), Layer.provideMerge(exchange), Layer.provide(Supervisor.layer))
    )
  )
}

export const send = Effect.fnUntraced(function* (envelope: Envelope) {
  yield* Journal.use((journal) => journal.submit(envelope))
  yield* CommandQueue.use((queue) => queue.offer(envelope))
})

const follow = Effect.fnUntraced(function* (
  updates: Queue.Dequeue<AccountUpdate>,
  wanted: (update: AccountUpdate) => boolean
) {
  const seen: Array<AccountUpdate> = []
  while (true) {
    const update = yield* Queue.take(updates)
    seen.push(update)
    if (wanted(update)) return seen
  }
})

/** Until each of these orders has had its status. */
export const until = (updates: Queue.Dequeue<AccountUpdate>, wanted: Readonly<Record<number, OrderStatus>>) => {
  const left = new Map(Object.entries(wanted).map(([n, status]) => [orderId(Number(n)) as string, status]))
  return follow(updates, ({ order }) => {
    if (order !== undefined && left.get(order.orderId) === order.status) left.delete(order.orderId)
    return left.size === 0
  })
}

export const inWorld = <A, E>(
  test: (updates: Queue.Dequeue<AccountUpdate>, data: MarketData["Service"]) => Effect.Effect<A, E, World | Scope.Scope>
) =>
  Effect.provide(
    Effect.gen(function* () {
      const data = yield* MarketData
      StillMarket.book(data, [[60_000, 100_000]], [[60_010, 100_000]])
      StillMarket.trade(data, "BUY", 60_010, 1)
      const updates = yield* Events.use((events) => events.subscribe)
      return yield* test(updates, data)
    }),
    world
  )

/** `free + held` here. */
export const balance = (asset: string) =>
  Effect.map(
    Blotter.use((blotter) => blotter.state(accountId)),
    ({ balances }) => {
      const found = balances.find((one) => one.asset === asset)
      return found === undefined ? "none" : `${Money.format(found.free)} + ${Money.format(found.held)}`
    }
  )

export const statuses = (...numbers: ReadonlyArray<number>) =>
  Effect.forEach(numbers, (n) =>
    Effect.map(
      Blotter.use((blotter) => blotter.order(accountId, orderId(n))),
      (found) => Option.getOrUndefined(found)?.status
    )
  )

export const unknown = Effect.fail(
  new ExchangeError({ reason: new OutcomeUnknown({ message: "the connection was cut" }) })
)

// One life of the desk: gateway, executor and broadcaster over the world's store and network, as one process has them.
import { Cause, Context, Effect, Layer, References, Scope } from "effect"
import { Config } from "../../src/Config.ts"
import { Broadcaster } from "../../src/layers/broadcaster/Broadcaster.ts"
import * as Executor from "../../src/layers/executor/Executor.ts"
import { Gateway } from "../../src/layers/gateway/Submit.ts"
import { Supervisor } from "../../src/layers/Supervisor.ts"
import { Blotter } from "../../src/ports/Blotter.ts"
import { CommandQueue } from "../../src/ports/CommandQueue.ts"
import { Events } from "../../src/ports/Events.ts"
import { Exchange } from "../../src/ports/Exchange.ts"
import { Journal } from "../../src/ports/Journal.ts"
import { MarketData } from "../../src/ports/MarketData.ts"
import { Milestone } from "../../src/ports/Milestone.ts"
import * as Settings from "../kit/Settings.ts"
import type { World } from "./World.ts"

export interface Desk {
  readonly scope: Scope.Closeable
  readonly gateway: Gateway["Service"]
  readonly broadcaster: Broadcaster["Service"]
  readonly alive: () => boolean
  /** Nothing that it does reaches anybody any more. */
  readonly die: () => void
}

const settings = Settings.layer({ MAX_OPEN_ORDERS: "60", PRICE_COLLAR: "0.2" })

/** Doorbells get lost, as they do between processes. */
const bells = (world: World) =>
  Layer.effect(
    CommandQueue,
    Effect.map(CommandQueue, (queue) => ({
      ...queue,
      offer: (envelope: Parameters<typeof queue.offer>[0]) =>
        Effect.suspend(() => {
          if (!world.dice.chance(world.plan.bellLost)) return queue.offer(envelope)
          world.injected.count("doorbell lost")
          return Effect.succeed(false)
        })
    }))
  ).pipe(Layer.provide(CommandQueue.layerMemory))

export const boot = Effect.fnUntraced(function* (world: World): Effect.fn.Return<Desk> {
  let living = true
  const alive = () => living
  const { blotter, market, network, store } = world.outside
  const reached = (name: string): void => {
    if (!living || !world.dice.chance(world.plan.deskKilledAtStep)) return
    world.injected.count(`killed at: ${name}`)
    world.kill(world.dice.between(20, 3_000))
    throw new Error(`the desk was killed at: ${name}`)
  }
  const ports = Layer.mergeAll(
    Layer.succeed(Journal, store.journal(alive)),
    Layer.succeed(Exchange, network.exchange(alive)),
    Layer.succeed(Blotter, blotter),
    Layer.succeed(MarketData, market),
    Layer.succeed(Milestone, reached),
    Layer.succeed(References.MinimumLogLevel, world.verbose ? "Debug" : "None"),
    settings
  ) as Layer.Layer<Journal | Exchange | Blotter | MarketData | Config>
  const layer = Layer.mergeAll(Executor.layer, Gateway.layer, Broadcaster.layer).pipe(
    Layer.provide(Layer.mergeAll(bells(world), Events.layerMemory, Supervisor.layer)),
    Layer.provide(ports)
  )
  const scope = yield* Scope.make()
  const built = yield* Layer.buildWithScope(Layer.fresh(layer), scope).pipe(
    Effect.catchCause((cause) => Effect.die(new Error(`the desk does not boot: ${Cause.pretty(cause)}`)))
  )
  return {
    scope,
    gateway: Context.get(built, Gateway),
    broadcaster: Context.get(built, Broadcaster),
    alive,
    die: () => void (living = false)
  }
})

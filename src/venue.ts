// The paper exchange put together: its venue, and in front of it the wire of Binance Spot where a port is given.
import { Console, Effect, Layer, Schedule } from "effect"
import { HttpServer } from "effect/http"
import * as VenueEngine from "./adapters/paper/VenueEngine.ts"
import type { Values } from "./Config.ts"
import { MarketData } from "./ports/MarketData.ts"

/** Without the market's instruments no order can be judged. Where another process has them, they arrive through Redis. */
export const marketKnown = Layer.effectDiscard(
  Effect.gen(function* () {
    const { instruments } = yield* MarketData
    const isKnown = Effect.map(instruments, ({ size }) => size > 0)
    if (yield* isKnown) return
    yield* Effect.logWarning("The market process has not been heard of yet: no order is taken until it is.")
    yield* Effect.repeat(isKnown, { until: (known) => known, schedule: Schedule.spaced("100 millis") })
  })
)

/** An address a person can open: listening on every interface is reached at one of them. */
export const reachable = (hostname: string) => (hostname === "0.0.0.0" || hostname === "::" ? "127.0.0.1" : hostname)

const venue = ({ paperFees, paperLatencyMillis, paperQueue }: Values) =>
  VenueEngine.layer({ fees: paperFees, latencyMillis: paperLatencyMillis, queueShare: paperQueue / 1000 }).pipe(
    Layer.provide(marketKnown)
  )

const loadWire = Effect.promise(() =>
  Promise.all([
    import("./adapters/paper/admin/AdminServer.ts"),
    import("./adapters/paper/faults/Faults.ts"),
    import("./adapters/paper/market/PublicMarket.ts"),
    import("./adapters/paper/market/StreamLimits.ts"),
    import("./adapters/paper/market/StreamServer.ts"),
    import("./adapters/paper/market/MarketEndpoints.ts"),
    import("./adapters/paper/wire/Limits.ts"),
    import("./adapters/paper/wire/WireServer.ts"),
    import("./adapters/server/NodeServer.ts")
  ])
)

/** The same calls meet the same faults in every run. */
const FAULT_SEED = 1

/** The wire of Binance Spot in front of the venue, on a port of its own, and the administrator's door on another. */
const wire = Effect.fnUntraced(function* (config: Values, port: number) {
  const [
    AdminServer,
    { Faults },
    { PublicMarket },
    { BINANCE_LIMITS, NO_LIMITS },
    { StreamServer },
    { marketEndpoints },
    { tenth },
    { WireServer },
    NodeServer
  ] = yield* loadWire
  const { host, paperAdminPort, paperLimits } = config
  const server = Layer.unwrap(
    Effect.gen(function* () {
      const market = yield* PublicMarket
      const { upgrade } = yield* StreamServer
      return WireServer.layer({
        port,
        host,
        limits: paperLimits !== "off",
        ...(paperLimits === "tenth" ? { sizes: tenth } : {}),
        endpoints: marketEndpoints(market),
        upgrades: [upgrade]
      })
    })
  )
  const announced = Layer.effectDiscard(
    Effect.gen(function* () {
      const { port } = yield* WireServer
      yield* Console.log(
        `The paper exchange is ready at http://${reachable(host)}:${port}, in the words of Binance Spot.`
      )
    })
  )
  const admin =
    paperAdminPort === undefined
      ? Layer.empty
      : Layer.merge(
          AdminServer.layer,
          Layer.effectDiscard(
            Effect.gen(function* () {
              const { address } = yield* HttpServer.HttpServer
              const port = address._tag === "UnixPathAddress" ? 0 : address.port
              yield* Console.log(`Its admin route is at http://${AdminServer.LOOPBACK}:${port}.`)
            })
          )
        ).pipe(Layer.provide(NodeServer.layer({ port: paperAdminPort, host: AdminServer.LOOPBACK })))
  return announced.pipe(
    Layer.provide(server),
    Layer.provideMerge(admin),
    Layer.provide(StreamServer.layer(paperLimits !== "off" ? BINANCE_LIMITS : NO_LIMITS)),
    Layer.provide(PublicMarket.layer),
    Layer.provideMerge(venue(config)),
    Layer.provide(Faults.layerOf(FAULT_SEED))
  )
})

/** The venue, with the wire in front of it where a port is given. */
export const venueOf = (config: Values) =>
  config.paperPort === undefined ? venue(config) : Layer.unwrap(wire(config, config.paperPort))

// The paper exchange's port: REST, the WebSocket API, and whatever else is mounted beside them, on one node:http server.
import { Context, Effect, Layer, Option, Schema } from "effect"
import { createServer, type IncomingMessage, type Server } from "node:http"
import type { Duplex } from "node:stream"
import { PaperJournal } from "../../../ports/PaperJournal.ts"
import { PaperKeys } from "../../../ports/PaperKeys.ts"
import { Faults } from "../faults/Faults.ts"
import { noFaults } from "../faults/NoFaults.ts"
import { Venue } from "../Venue.ts"
import { accountEndpoints } from "./AccountEndpoints.ts"
import { Desk } from "./Desk.ts"
import type { Endpoint } from "./Endpoint.ts"
import { Gate } from "./Gate.ts"
import { generalEndpoints } from "./GeneralEndpoints.ts"
import { historyEndpoints } from "./HistoryEndpoints.ts"
import * as Keyring from "./Keyring.ts"
import { Limits, type Sizes } from "./Limits.ts"
import { listEndpoints } from "./ListEndpoints.ts"
import { Rest } from "./Rest.ts"
import { orderEndpoints } from "./OrderEndpoints.ts"
import * as UnfilledOrders from "./UnfilledOrders.ts"
import { WsApi } from "./WsApi.ts"

/** The port could not be had. */
export class WireListenError extends Schema.TaggedError<WireListenError>()("WireListenError", {
  message: Schema.String
}) {}

/**
 * Takes a WebSocket handshake over, or says false where it is not its own. Whoever takes it answers it, bounds it, and closes it when
 * its scope ends.
 */
export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean

export interface WireOptions {
  /** 0 takes a free one. */
  readonly port: number
  readonly host: string
  /** False counts and tells, but refuses nobody: for load tests. */
  readonly limits: boolean
  /** How much may be asked; absent: as much as Binance allows, or any amount where nobody is refused. */
  readonly sizes?: Sizes
  /** More endpoints for REST and the WebSocket API: the market's. */
  readonly endpoints?: ReadonlyArray<Endpoint>
  /** Asked in order, after the WebSocket API. */
  readonly upgrades?: ReadonlyArray<Upgrade>
}

/** Connections of everybody together, WebSockets too; more are not accepted. */
const MAX_CONNECTIONS = 20_000
/** How long a stopping server waits for requests that are under way. */
const SHUTDOWN = "3 seconds"

export class WireServer extends Context.Service<
  WireServer,
  {
    /** `http://127.0.0.1:8080`, of where it listens. */
    readonly url: string
    readonly port: number
  }
>()("outcry/adapters/paper/wire/WireServer") {
  /** Listens until the layer's scope closes: then it takes no more, answers what is under way, and says goodbye to every socket. */
  static readonly layer = (
    options: WireOptions
  ): Layer.Layer<WireServer, WireListenError, Venue | PaperJournal | PaperKeys> =>
    Layer.effect(WireServer, start(options))
}

const start = Effect.fnUntraced(function* (options: WireOptions) {
  const venue = yield* Venue
  const desk = new Desk(venue, yield* PaperJournal)
  const context = yield* Effect.context<never>()
  const keyring = yield* Keyring.make
  const limits = new Limits(options.limits, options.sizes)
  if (options.limits) yield* UnfilledOrders.follow(limits, venue)
  const faults = Option.getOrElse(yield* Effect.serviceOption(Faults), () => noFaults)
  const gate = new Gate(keyring, limits, venue.now, context, faults)
  yield* Effect.forkScoped(gate.watch)
  const endpoints = [
    ...generalEndpoints(venue.listings, limits.sizes),
    ...orderEndpoints(desk),
    ...listEndpoints(desk),
    ...accountEndpoints(desk, keyring, limits),
    ...historyEndpoints(desk),
    ...(options.endpoints ?? [])
  ]
  const rest = new Rest(gate, endpoints, venue.now, faults)
  const wsApi = yield* WsApi.make({ gate, keyring, venue, desk, endpoints, faults })
  const server = createServer({ keepAliveTimeout: 65_000, headersTimeout: 10_000, requestTimeout: 30_000 }, rest.handle)
  server.maxConnections = MAX_CONNECTIONS
  const upgrades = [wsApi.upgrade, ...(options.upgrades ?? [])]
  server.on("upgrade", (request, socket: Duplex, head: Buffer) => {
    if (upgrades.some((upgrade) => upgrade(request, socket, head))) return
    socket.end("HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
  })
  const port = yield* listen(server, options)
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => server.close()).pipe(
      Effect.andThen(Effect.timeoutOption(gate.idle, SHUTDOWN)),
      Effect.andThen(Effect.sync(() => server.closeAllConnections()))
    )
  )
  return { port, url: `http://${options.host}:${port}` }
})

const listen = (server: Server, { host, port }: WireOptions): Effect.Effect<number, WireListenError> =>
  Effect.callback((resume) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      resume(
        Effect.fail(
          new WireListenError({
            message: `The paper exchange cannot listen on ${host}:${port} (${error.code ?? "no reason given"}). Free that port, or choose another.`
          })
        )
      )
    )
    server.listen(port, host, () => {
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : port))
    })
  })

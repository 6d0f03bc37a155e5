// The private stream over real sockets to the paper exchange's wire: orders that trade right through its renewals.
import { assert, describe, layer as suite } from "@effect/vitest"
import { Effect, Layer, Metric, Queue, Redacted } from "effect"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { WebSocketServer } from "ws"
import * as BinanceExchange from "../../../src/adapters/binance/BinanceExchange.ts"
import * as StreamConnection from "../../../src/adapters/binance/StreamConnection.ts"
import { renewed, Renewal } from "../../../src/adapters/binance/UserStream.ts"
import { Faults } from "../../../src/adapters/paper/faults/Faults.ts"
import { WireServer } from "../../../src/adapters/paper/wire/WireServer.ts"
import { AccountId, clientOrderIdOf } from "../../../src/domain/Ids.ts"
import type { ApprovedOrder } from "../../../src/domain/Risk.ts"
import { Exchange } from "../../../src/ports/Exchange.ts"
import { ExchangeAccounts } from "../../../src/ports/ExchangeAccounts.ts"
import { MarketData } from "../../../src/ports/MarketData.ts"
import { Store } from "../../../src/ports/MemoryPaperJournal.ts"
import { PaperKeys } from "../../../src/ports/PaperKeys.ts"
import * as Paper from "../../kit/Paper.ts"
import { generous, generousOf } from "../../kit/PaperVault.ts"
import * as Settings from "../../kit/Settings.ts"
import * as StillMarket from "../../kit/StillMarket.ts"
import { market, orderId } from "../../kit/Trading.ts"

const desk = (renewal: Partial<typeof Renewal.Service>, vault = generous) =>
  Layer.unwrap(
    Effect.map(Effect.all([WireServer, Renewal]), ([{ url }, usual]) =>
      BinanceExchange.layer.pipe(
        Layer.provide(
          Settings.layer({ EXCHANGE: "binance", BINANCE_REST_URL: url, BINANCE_WS_API_URL: url.replace("http", "ws") })
        ),
        Layer.provide(Layer.succeed(Renewal, { ...usual, spreadMillis: 0, ...renewal }))
      )
    )
  ).pipe(
    Layer.provide(vault),
    Layer.provide(ExchangeAccounts.layerMemory),
    Layer.provide(WireServer.layer({ port: 0, host: "127.0.0.1", limits: false })),
    Layer.provideMerge(PaperKeys.layerMemory),
    Layer.provideMerge(Paper.life(new Store())),
    Layer.provideMerge(Faults.layerOf(1))
  )

const ann = AccountId.make("ann")

/** How often a private stream of this process went on without a gap. */
const renewals = Effect.map(Metric.value(renewed), ({ count }) => count)

const trader = Effect.gen(function* () {
  const [exchange, before] = [yield* Exchange, yield* renewals]
  const data = yield* MarketData
  StillMarket.book(data, [[60_000, 50_000]], [[60_010, 5_000_000]])
  yield* exchange.open(ann)
  const reports = yield* exchange.reports(ann)
  /** Order after order, each heard of once and in its turn, until the stream has been renewed this often; then a few more. */
  const tradeThrough = Effect.fnUntraced(function* (count: number) {
    let [orders, rest] = [0, 5]
    while (rest > 0) {
      if ((yield* renewals) >= before + count) rest--
      const id = orderId(++orders)
      const order = { accountId: ann, orderId: id, clientOrderId: clientOrderIdOf(id), intent: market("BUY", "0.0001") }
      yield* exchange.submit(order as ApprovedOrder)
      const heard = (yield* Queue.takeN(reports, 2)).map((report) => `${report._tag} ${report.clientOrderId}`)
      assert.deepStrictEqual(heard, [`Accepted ${order.clientOrderId}`, `Filled ${order.clientOrderId}`])
    }
    return orders
  })
  return { reports, tradeThrough }
})

const isolated =
  (...of: Parameters<typeof desk>) =>
  <A, E>(test: Effect.Effect<A, E, Layer.Success<ReturnType<typeof desk>> | import("effect").Scope.Scope>) =>
    Effect.provide(test, Layer.fresh(desk(...of)))

const nobody = { report: () => undefined, closing: () => undefined, over: () => undefined }

const [LOGON, SUBSCRIBE, SIGNED] = [
  "session.logon",
  "userDataStream.subscribe",
  "userDataStream.subscribe.signature"
] as const

/** What is refused, with which code, and what was asked for then. */
const logons = [
  ["subscribes as the one who has logged on", "nothing", 0, [LOGON, SUBSCRIBE]],
  ["signs the subscription where it may not log on", LOGON, -1000, [LOGON, SIGNED]],
  ["signs the subscription where a logon is not enough", SUBSCRIBE, -2015, [LOGON, SUBSCRIBE, SIGNED]],
  ["leaves a clock that is refused to be healed", LOGON, -1021, [LOGON]]
] as const

describe("the private stream", () => {
  suite(Layer.empty, { excludeTestServices: true, timeout: "30 seconds" })((it) => {
    it.effect("tells of every order once and in order, while its connections take turns", () =>
      Effect.gen(function* () {
        const { tradeThrough } = yield* trader
        assert.isAbove(yield* tradeThrough(4), 20)
      }).pipe(isolated({ afterMillis: 100, togetherMillis: 100 }))
    )

    it.effect("goes on when Binance shuts the server down: it was warned", () =>
      Effect.gen(function* () {
        const { tradeThrough } = yield* trader
        yield* (yield* Faults).shutdown(1_000, { stream: "user" })
        // Sooner than both would have told together: the old one was ended by the server.
        yield* tradeThrough(1)
      }).pipe(isolated({ togetherMillis: 60_000 }))
    )

    it.effect("is lost where it is cut without a warning", () =>
      Effect.gen(function* () {
        const { reports } = yield* trader
        yield* (yield* Faults).cutStream({ stream: "user" })
        assert.strictEqual((yield* Effect.flip(Queue.take(reports)))._tag, "ReportsLost")
      }).pipe(isolated({}))
    )

    it.effect("says why where it is turned away at the door", () =>
      Effect.gen(function* () {
        const server = createServer().on("upgrade", (_, socket) => {
          socket.end("HTTP/1.1 451 Unavailable For Legal Reasons\r\ncontent-length: 0\r\n\r\n")
        })
        yield* Effect.acquireRelease(
          Effect.promise(() => once(server.listen(0, "127.0.0.1"), "listening")),
          () => Effect.sync(() => server.close())
        )
        const { port } = server.address() as AddressInfo
        const options = {
          url: `ws://127.0.0.1:${port}/ws-api/v3`,
          proxy: undefined,
          signer: { apiKey: Redacted.make("key"), kind: "HMAC" as const, sign: () => "signature" },
          timestamp: Effect.succeed(0)
        }
        const { reason } = yield* Effect.flip(StreamConnection.open(options, nobody))
        assert.match(reason._tag === "NotSent" ? reason.message : "", /does not serve this location \(451\)/)
      })
    )

    it.effect("of an Ed25519 key logs every connection on, and hears when the key is revoked", () =>
      Effect.gen(function* () {
        const { reports, tradeThrough } = yield* trader
        yield* tradeThrough(2)
        const keys = yield* PaperKeys
        const [key] = yield* keys.list(ann)
        assert.isTrue(yield* keys.revoke(ann, key?.keyId ?? ""))
        const { message } = yield* Effect.flip(Queue.take(reports))
        assert.match(message, /refused the private stream: .*-2015/)
      }).pipe(isolated({ afterMillis: 100, togetherMillis: 100 }, generousOf("ED25519")))
    )

    for (const [name, refused, code, asked] of logons) {
      it.effect(`of an Ed25519 key ${name}`, () =>
        Effect.gen(function* () {
          const methods: Array<string> = []
          const server = new WebSocketServer({ port: 0, host: "127.0.0.1" })
          server.on("connection", (socket) =>
            socket.on("message", (data) => {
              const { id, method } = JSON.parse(String(data))
              methods.push(method)
              const no = { status: 400, error: { code, msg: "No." } }
              socket.send(JSON.stringify({ id, ...(method === refused ? no : { status: 200, result: {} }) }))
            })
          )
          yield* Effect.acquireRelease(
            Effect.promise(() => once(server, "listening")),
            () => Effect.sync(() => server.close())
          )
          const { port } = server.address() as AddressInfo
          const options = {
            url: `ws://127.0.0.1:${port}/ws-api/v3`,
            proxy: undefined,
            signer: { apiKey: Redacted.make("key"), kind: "ED25519" as const, sign: () => "signature" },
            timestamp: Effect.succeed(0)
          }
          const opened = yield* Effect.result(StreamConnection.open(options, nobody))
          assert.deepStrictEqual([methods, opened._tag], [asked, code === -1021 ? "Failure" : "Success"])
        })
      )
    }
  })
})

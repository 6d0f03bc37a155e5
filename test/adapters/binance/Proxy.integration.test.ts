// All that goes to Binance through a proxy, and what is known of a call where the proxy fails.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Queue, Redacted, type Scope, Stream } from "effect"
import { once } from "node:events"
import * as fs from "node:fs"
import { createServer } from "node:http"
import * as https from "node:https"
import * as net from "node:net"
import * as path from "node:path"
import * as BinanceExchange from "../../../src/adapters/binance/BinanceExchange.ts"
import * as HttpCalls from "../../../src/adapters/binance/HttpCalls.ts"
import * as LiveMarket from "../../../src/adapters/binance/LiveMarket.ts"
import { agentOf } from "../../../src/adapters/binance/Proxy.ts"
import { tunnel } from "../../../src/adapters/binance/Tunnel.ts"
import { WireServer } from "../../../src/adapters/paper/wire/WireServer.ts"
import { AccountId, clientOrderIdOf } from "../../../src/domain/Ids.ts"
import type { ApprovedOrder } from "../../../src/domain/Risk.ts"
import { Exchange } from "../../../src/ports/Exchange.ts"
import { ExchangeAccounts } from "../../../src/ports/ExchangeAccounts.ts"
import { MarketData } from "../../../src/ports/MarketData.ts"
import { MarketSource } from "../../../src/ports/MarketSource.ts"
import { Store } from "../../../src/ports/MemoryPaperJournal.ts"
import { PaperKeys } from "../../../src/ports/PaperKeys.ts"
import { freePort } from "../../kit/FreePort.ts"
import * as Paper from "../../kit/Paper.ts"
import { generous } from "../../kit/PaperVault.ts"
import { httpProxy, type ProxyOptions, type RunningProxy, socksProxy } from "../../kit/Proxies.ts"
import * as PublicBinance from "../../kit/PublicBinance.ts"
import * as Settings from "../../kit/Settings.ts"
import * as StillMarket from "../../kit/StillMarket.ts"
import { market, orderId } from "../../kit/Trading.ts"

const pem = fs.readFileSync(path.join(import.meta.dirname, "../../fixtures/localhost.pem"), "utf8")
const tls = { key: pem, cert: pem }

/** A server of loopback that ends with the test. */
const listening = <S extends net.Server>(server: S): Effect.Effect<S & { readonly port: number }, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const sockets = new Set<net.Socket>()
      server.on("connection", (socket: net.Socket) => {
        sockets.add(socket)
        socket.on("error", () => undefined)
      })
      server.listen(0, "127.0.0.1")
      await once(server, "listening")
      return Object.assign(server, { port: (server.address() as net.AddressInfo).port, sockets })
    }),
    ({ sockets }) =>
      Effect.sync(() => {
        server.close()
        sockets.forEach((socket) => socket.destroy())
      })
  )

const paper = WireServer.layer({ port: 0, host: "127.0.0.1", limits: false }).pipe(
  Layer.provideMerge(PaperKeys.layerMemory),
  Layer.provideMerge(Paper.life(new Store()))
)

const kinds: ReadonlyArray<
  readonly [
    name: string,
    scheme: string,
    start: (options?: ProxyOptions) => Effect.Effect<RunningProxy, never, Scope.Scope>
  ]
> = [
  ["a proxy of HTTP", "http", httpProxy],
  ["a proxy of SOCKS5", "socks5h", socksProxy]
]

const symbolRow = {
  symbol: "BTCUSDT",
  status: "TRADING",
  baseAsset: "BTC",
  quoteAsset: "USDT",
  filters: [
    { filterType: "PRICE_FILTER", minPrice: "0.01", maxPrice: "1000000", tickSize: "0.01" },
    { filterType: "LOT_SIZE", minQty: "0.00001", maxQty: "9000", stepSize: "0.00001" },
    { filterType: "NOTIONAL", minNotional: "5", maxNotional: "9000000" }
  ]
}

const ping = { method: "GET", path: "/api/v3/ping?signature=secret", headers: {}, deadlineMillis: 10_000 } as const

describe("BINANCE_PROXY", () => {
  for (const [name, scheme, start] of kinds) {
    const address = (port: number, credentials = "") =>
      Redacted.make(`${scheme}://${credentials === "" ? "" : `${credentials}@`}127.0.0.1:${port}`)
    /** Calls a host that only the proxy can reach. */
    const calls = (proxy: Redacted.Redacted) => HttpCalls.make("http://127.0.0.1:9", proxy)
    const failure = (proxy: Redacted.Redacted) => Effect.flatMap(calls(proxy), (call) => Effect.flip(call(ping)))

    it.live(`${name} carries a trader's calls and private stream`, () =>
      Effect.gen(function* () {
        const { port } = yield* WireServer
        const proxy = yield* start({ credentials: "ann:p@ss", port })
        // Nobody listens there: what does not go through the proxy fails.
        const nowhere = `127.0.0.1:${yield* Effect.promise(freePort)}`
        const settings = Settings.layer({
          EXCHANGE: "binance",
          BINANCE_REST_URL: `http://${nowhere}`,
          BINANCE_WS_API_URL: `ws://${nowhere}`,
          BINANCE_PROXY: Redacted.value(address(proxy.port, "ann:p%40ss"))
        })
        StillMarket.book(yield* MarketData, [[60_000, 50_000]], [[60_010, 50_000]])
        const desk = BinanceExchange.layer.pipe(Layer.provide([settings, generous, ExchangeAccounts.layerMemory]))
        yield* Effect.gen(function* () {
          const exchange = yield* Exchange
          const accountId = AccountId.make("ann")
          yield* exchange.open(accountId)
          const reports = yield* exchange.reports(accountId)
          const id = orderId(1)
          const intent = market("BUY", "0.1")
          yield* exchange.submit({
            accountId,
            orderId: id,
            clientOrderId: clientOrderIdOf(id),
            intent
          } as ApprovedOrder)
          const heard = yield* Queue.takeN(reports, 2)
          assert.deepStrictEqual(
            heard.map(({ _tag }) => _tag),
            ["Accepted", "Filled"]
          )
        }).pipe(Effect.provide(desk))
        assert.isAtLeast(proxy.asked.length, 2)
        assert.deepStrictEqual([...new Set(proxy.asked)], [nowhere])
      }).pipe(Effect.provide(Layer.fresh(paper)))
    )

    it.live(`${name} that refuses the password: nothing was sent, and the sentence does not repeat it`, () =>
      Effect.gen(function* () {
        const proxy = yield* start({ credentials: "ann:right" })
        for (const credentials of ["ann:wrong", ""]) {
          const { _tag, message } = yield* failure(address(proxy.port, credentials))
          assert.strictEqual(_tag, "NotSent")
          assert.match(message, /^The proxy of BINANCE_PROXY refuses its user or password .* Nothing was sent\.$/)
          assert.notInclude(message, "wrong")
        }
        assert.deepStrictEqual(proxy.asked, [])
      })
    )

    it.live(`${name} that is not there, refuses, or is none: nothing was sent`, () =>
      Effect.gen(function* () {
        const none = yield* failure(address(yield* Effect.promise(freePort)))
        assert.deepInclude(none, {
          _tag: "NotSent",
          message: "The proxy of BINANCE_PROXY cannot be used (ECONNREFUSED). Nothing was sent."
        })
        const proxy = yield* start()
        proxy.refuse()
        const refused = yield* failure(address(proxy.port))
        assert.strictEqual(refused._tag, "NotSent")
        assert.match(refused.message, /does not connect to 127\.0\.0\.1 \((502|its rules forbid it)\)/)
        const stranger = yield* listening(net.createServer((socket) => socket.end("220 mail.example.org ready\r\n")))
        assert.strictEqual((yield* failure(address(stranger.port)))._tag, "NotSent")
        const silent = yield* listening(net.createServer((socket) => socket.once("data", () => socket.end())))
        assert.strictEqual((yield* failure(address(silent.port)))._tag, "NotSent")
      })
    )

    it.live(`${name} that does not answer is given up in time`, () =>
      Effect.gen(function* () {
        const proxy = yield* start()
        proxy.hang()
        const giveUp = new AbortController()
        const url = new URL(Redacted.value(address(proxy.port)))
        const dialled = tunnel(url, "api.example.org", 443, giveUp.signal)
        yield* Effect.promise(async () => {
          while (proxy.asked.length === 0) await new Promise(setImmediate)
        })
        giveUp.abort()
        const { message } = yield* Effect.flip(
          Effect.tryPromise({ try: () => dialled, catch: (error) => error as Error })
        )
        assert.strictEqual(message, "The proxy of BINANCE_PROXY did not connect us in time.")
        assert.deepStrictEqual(proxy.asked, ["api.example.org:443"])
      })
    )

    it.live(`${name} that dies once the call is on its way leaves it in doubt`, () =>
      Effect.gen(function* () {
        const server = yield* listening(createServer(() => proxy.die()))
        const proxy = yield* start({ port: server.port })
        const { _tag, message } = yield* failure(address(proxy.port))
        assert.strictEqual(_tag, "OutcomeUnknown")
        assert.notInclude(message, "secret")
      })
    )

    it.live(`${name} carries TLS to the host behind it, and a host without TLS got nothing`, () =>
      Effect.gen(function* () {
        const secure = yield* listening(https.createServer(tls, (_, response) => response.end("hello")))
        const plain = yield* listening(net.createServer((socket) => socket.end("not TLS")))
        const proxy = yield* start()
        const agent = agentOf(address(proxy.port), true, { ca: pem, keepAlive: true })
        const answer = yield* Effect.promise(async () => {
          const request = https.get({ host: "localhost", port: secure.port, agent })
          const [response] = await once(request, "response")
          return String((await once(response, "data"))[0])
        })
        agent.destroy()
        assert.strictEqual(answer, "hello")
        assert.deepStrictEqual(proxy.asked, [`localhost:${secure.port}`])
        // A certificate that nobody vouches for, and no TLS at all.
        for (const { port } of [secure, plain]) {
          const call = yield* HttpCalls.make(`https://localhost:${port}`, address(proxy.port))
          assert.strictEqual((yield* Effect.flip(call(ping)))._tag, "NotSent")
        }
      })
    )

    it.live(`${name} carries the market; where it does not, the sentence says so`, () =>
      Effect.gen(function* () {
        const binance = yield* PublicBinance.start
        binance.answers.set("/api/v3/exchangeInfo", () => ({ symbols: [symbolRow] }))
        const proxy = yield* start({ port: Number(new URL(binance.restUrl).port) })
        const nowhere = `127.0.0.1:${yield* Effect.promise(freePort)}`
        const options = { restUrl: `http://${nowhere}`, streamUrl: `ws://${nowhere}`, proxy: address(proxy.port) }
        assert.isTrue(yield* LiveMarket.probe(options))
        assert.isFalse(yield* LiveMarket.probe({ ...options, proxy: undefined }))
        const layer = LiveMarket.layer({ ...options, symbols: ["BTCUSDT"] })
        const { instruments, messages } = yield* Effect.provide(MarketSource, layer, { local: true })
        assert.deepStrictEqual([...instruments.keys()], ["BTCUSDT"])
        yield* Effect.forkScoped(Stream.runDrain(messages))
        assert.include(yield* Queue.take(binance.subscriptions), "btcusdt@trade")
        proxy.refuse()
        const { message } = yield* Effect.flip(Effect.provide(MarketSource, layer, { local: true }))
        assert.match(message, /The proxy of BINANCE_PROXY does not connect to 127\.0\.0\.1/)
      })
    )
  }

  it.live("may itself be reached by TLS", () =>
    Effect.gen(function* () {
      const proxy = yield* httpProxy({ tls })
      const url = new URL(`https://localhost:${proxy.port}`)
      const dialled = tunnel(url, "api.example.org", 443, AbortSignal.timeout(10_000))
      // Nobody vouches for its certificate, so it gets neither a password nor a host's name.
      const { message } = yield* Effect.flip(
        Effect.tryPromise({ try: () => dialled, catch: (error) => error as Error })
      )
      assert.match(message, /^The proxy of BINANCE_PROXY cannot be used \(.*CERT.*\)\.$/)
      assert.deepStrictEqual(proxy.asked, [])
    })
  )
})

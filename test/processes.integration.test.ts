// The desk as two real processes that meet in PostgreSQL and Redis: one that people reach, one that decides and knows the market.
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Option, Queue, Redacted, Schema } from "effect"
import { PgClient } from "@effect/sql-pg"
import { SqlClient } from "effect/sql"
import * as fs from "node:fs"
import { createClient } from "redis"
import { onTestFailed } from "vitest"
import type { Setting } from "../src/Config.ts"
import * as Channels from "../src/contract/Channels.ts"
import type { FillView, OrderView } from "../src/contract/Views.ts"
import * as Money from "../src/domain/Money.ts"
import * as Client from "./kit/Client.ts"
import * as Desk from "./kit/Desk.ts"
import * as FeedClient from "./kit/FeedClient.ts"
import { freePort } from "./kit/FreePort.ts"
import { describePostgres, PostgresServer } from "./kit/Postgres.ts"
import { describeRedis, RedisServer } from "./kit/Redis.ts"

const { add, decimal, format, negate, subtract, zero } = Money

const servers = Layer.mergeAll(PostgresServer.layer, RedisServer.layer)

/** Settings that meet on a database of their own, and what starts a process with them. */
const installation = Effect.gen(function* () {
  const postgres = yield* PostgresServer
  const redis = yield* RedisServer
  const database = yield* postgres.createDatabase
  const folder = yield* Effect.acquireRelease(Effect.sync(Desk.temporaryDirectory), (path) =>
    Effect.sync(() => fs.rmSync(path, { recursive: true, force: true }))
  )
  const shared = { DATABASE_URL: database, REDIS_URL: redis.url, DATA_DIR: folder, MARKET: "sim:1" }
  const launch = (settings: Partial<Record<Setting, string>>) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const desk = Desk.launch({ ...shared, ...settings })
        onTestFailed(() => void process.stderr.write(`${settings.ROLES} said:\n${desk.output()}\n`))
        return desk
      }),
      (desk) => Effect.promise(desk.stop)
    )
  return {
    redis,
    database,
    edge: (port: number) => launch({ ROLES: "gateway,broadcaster", ORDER_LIMIT: "100000", PORT: String(port) }),
    core: Effect.flatMap(launch({ ROLES: "executor,market" }), ({ ready }) => Effect.promise(() => ready))
  }
})

/** Both kinds at once, on an empty database: whoever comes first brings it up to date. */
const start = Effect.gen(function* () {
  const { core, edge, ...rest } = yield* installation
  const { ready } = yield* edge(0)
  const running = yield* core
  return { ...rest, edge: yield* Effect.promise(() => ready), core: running, again: core }
})

/** Registers, and opens the feed. */
const enter = Effect.fnUntraced(function* (url: string, email: string) {
  const token = yield* Effect.promise(() => Client.signIn(url, email))
  const feed = yield* FeedClient.connect(url.replace("http://", ""), `?token=${token}`)
  yield* feed.hears("LIVE")
  return { token, feed }
})

const buy = (quantity: string) => ({ symbol: "BTCUSDT", side: "BUY", type: "MARKET", quantity })

const place = Effect.fnUntraced(function* (url: string, token: string, body: object) {
  const answer = yield* Effect.promise(() =>
    Client.call<{ orderId: string; status: string }>(url, "POST", "/api/trading/orders", { token, body })
  )
  assert.strictEqual(answer.status, 201, JSON.stringify(answer.body))
  assert.strictEqual(answer.body.status, "PENDING")
  return answer.body.orderId
})

const statusHeard = (feed: FeedClient.Client, orderId: string): string | undefined =>
  feed.heard.findLast(({ data, type }) => type === "ORDER_UPDATE" && data.orderId === orderId)?.data.status

const shows = (feed: FeedClient.Client, orderId: string, status: string) =>
  feed.until(() => statusHeard(feed, orderId) === status)

const isClosed = ({ status }: OrderView) => ["DENIED", "FILLED", "CANCELED", "REJECTED", "EXPIRED"].includes(status)

const untilFilled = Effect.fnUntraced(function* (url: string, token: string, orderId: string) {
  const { body } = yield* Effect.promise(() =>
    Client.eventually(
      () => Client.call<OrderView>(url, "GET", `/api/trading/orders/${orderId}`, { token }),
      (answer) => isClosed(answer.body)
    )
  )
  assert.strictEqual(body.status, "FILLED", body.reason ?? "")
})

/** Bought minus sold, net of the fees taken in the base asset. */
const boughtOf = (fills: ReadonlyArray<FillView>) =>
  fills.reduce((sum, { fee, feeAsset, quantity, side }) => {
    const moved = add(sum, side === "BUY" ? decimal(quantity) : negate(decimal(quantity)))
    return feeAsset === "BTC" ? subtract(moved, decimal(fee)) : moved
  }, zero)

/** Balances and the position over REST, against the fills over REST. */
const booksAgree = Effect.fnUntraced(function* (url: string, token: string) {
  const fills = yield* Effect.promise(() => Client.allTrades(url, token))
  const [position] = yield* Effect.promise(() => Client.positions(url, token))
  const balances = yield* Effect.promise(() => Client.balances(url, token))
  assert.strictEqual(new Set(fills.map(({ tradeId }) => tradeId)).size, fills.length, "a fill was booked twice")
  assert.strictEqual(position?.quantity, format(boughtOf(fills)))
  const bitcoin = balances.find(({ asset }) => asset === "BTC")
  assert.strictEqual(bitcoin?.total, format(add(decimal("1"), boughtOf(fills))))
  for (const { asset, held } of balances) assert.strictEqual(held, "0", `${asset} is still held`)
  return fills
})

/** What a program beside the desk hears of orders. */
const outsideListener = Effect.fnUntraced(function* (url: string) {
  const heard = yield* Queue.sliding<Channels.OrderStatusMessage>(64)
  const decode = Schema.decodeUnknownOption(Schema.fromJsonString(Channels.OrderStatusMessage))
  const client = yield* Effect.acquireRelease(
    Effect.promise(async () => {
      const connection = createClient({ url, socket: { reconnectStrategy: false } })
      connection.on("error", () => undefined)
      await connection.connect()
      return connection
    }),
    (connection) => Effect.sync(() => connection.isOpen && connection.destroy())
  )
  yield* Effect.promise(() =>
    client.subscribe(Channels.ORDER_STATUS, (text) => {
      const message = decode(text)
      if (Option.isSome(message)) Queue.offerUnsafe(heard, message.value)
    })
  )
  return heard
})

/** How often each order reached the exchange, by the exchange's own ledger. */
const ledger = (database: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    return yield* sql<{ id: string; times: number }>`
      select client_order_id as id, count(*)::int as times from paper_orders group by client_order_id`
  }).pipe(Effect.provide(PgClient.layer({ url: Redacted.make(database), ssl: false }), { local: true }), Effect.orDie)

/** Orders on several lanes at once, until `enough` of them were answered PENDING. */
const stream = (url: string, token: string, enough: number, onAnswer: (answered: number) => void) =>
  Effect.promise(async () => {
    const answered: Array<string> = []
    let sent = 0
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        while (answered.length < enough) {
          const body = { ...buy("0.001"), side: sent++ % 3 === 0 ? "SELL" : "BUY" }
          const answer = await Client.call<{ orderId: string }>(url, "POST", "/api/trading/orders", { token, body })
          assert.strictEqual(answer.status, 201, JSON.stringify(answer.body))
          answered.push(answer.body.orderId)
          onAnswer(answered.length)
        }
      })
    )
    return answered
  })

describePostgres("two processes on PostgreSQL", () => {
  describeRedis("and Redis", () => {
    layer(servers, { excludeTestServices: true, timeout: "60 seconds" })((it) => {
      it.effect(
        "fill an order of one by the other and show it on the socket, with and without Redis",
        () =>
          Effect.gen(function* () {
            const { edge, redis } = yield* start
            const { url } = edge
            const { feed, token } = yield* enter(url, "ann@desk.test")
            const status = yield* outsideListener(redis.url)

            // The market of the other process, known here.
            const price = yield* Effect.promise(() => Client.lastPrice(url, "BTCUSDT"))
            assert.match(price, /^\d+$/)
            feed.say({ type: "SUBSCRIBE", topics: ["price:BTCUSDT", "book:BTCUSDT"] })
            yield* Effect.all([feed.hears("PRICE_UPDATE"), feed.hears("BOOK_UPDATE")])
            const candles = yield* Effect.promise(() =>
              Client.eventually(
                () => Client.candles(url, "BTCUSDT", "1m"),
                ({ length }) => length > 0
              )
            )
            assert.isAbove(candles.length, 0)

            const first = yield* place(url, token, buy("0.01"))
            yield* shows(feed, first, "FILLED")
            const seen = yield* Queue.take(status)
            const me = yield* Effect.promise(() =>
              Client.call<{ user: { id: string } }>(url, "GET", "/api/trading/account", { token })
            )
            assert.strictEqual(seen.orderId, first)
            assert.strictEqual(seen.userId, me.body.user.id)
            const [fill] = yield* booksAgree(url, token)
            assert.strictEqual(fill?.orderId, first)

            yield* redis.stop
            yield* feed.hears("LAGGING")
            const missed = yield* place(url, token, buy("0.02"))
            yield* untilFilled(url, token, missed)
            assert.isUndefined(statusHeard(feed, missed), "nothing can have come without Redis")
            const lives = feed.heard.filter(({ type }) => type === "LIVE" || type === "SNAPSHOT").length

            yield* redis.start
            yield* shows(feed, missed, "FILLED")
            yield* feed.until(
              () => feed.heard.filter(({ type }) => type === "LIVE" || type === "SNAPSHOT").length > lives
            )
            const next = yield* place(url, token, buy("0.03"))
            yield* shows(feed, next, "FILLED")
            assert.strictEqual((yield* booksAgree(url, token)).length >= 3, true)
            const seqs = feed.seqs()
            assert.deepStrictEqual(
              seqs,
              Array.from(seqs, (_, index) => seqs[0]! + index),
              "an update was skipped"
            )
          }),
        { timeout: 60_000, retry: 1 }
      )

      it.effect(
        "refuse orders, and say that they are not ready, until the market of the other is known",
        () =>
          Effect.gen(function* () {
            const { core, edge, redis } = yield* installation
            // Empty: an earlier market process is remembered for a while.
            yield* Effect.andThen(redis.stop, redis.start)
            const port = yield* Effect.promise(freePort)
            const url = `http://127.0.0.1:${port}`
            const { ready } = yield* edge(port)
            const health = () =>
              Client.call<Client.ErrorBody>(url, "GET", "/health/ready").catch(() => ({ status: 0, body: undefined }))
            const before = yield* Effect.promise(() => Client.eventually(health, ({ status }) => status !== 0))
            assert.strictEqual(before.status, 503)
            assert.property(before.body?.error.fields, "market")
            const token = yield* Effect.promise(() => Client.signIn(url, "eve@desk.test"))
            const refusal = yield* Effect.promise(() =>
              Client.call<Client.ErrorBody>(url, "POST", "/api/trading/orders", { token, body: buy("0.01") })
            )
            assert.deepStrictEqual([refusal.status, refusal.body.error.code], [503, "MARKET_UNAVAILABLE"])
            yield* core
            yield* Effect.promise(() => ready)
            yield* Effect.promise(() => Client.eventually(health, ({ status }) => status === 200))
            yield* untilFilled(url, token, yield* place(url, token, buy("0.01")))
          }),
        { timeout: 60_000, retry: 1 }
      )

      it.effect(
        "settle every order that was answered when the executor is killed and started again",
        () =>
          Effect.gen(function* () {
            const { again, core, database, edge } = yield* start
            const { url } = edge
            const { feed, token } = yield* enter(url, "bob@desk.test")
            yield* shows(feed, yield* place(url, token, buy("0.1")), "FILLED")
            const answered = yield* stream(url, token, 150, (count) => {
              if (count === 60) void core.kill()
            })
            yield* Effect.promise(core.kill)
            const waiting = yield* Effect.promise(() => Client.allOrders(url, token))
            assert.isFalse(waiting.every(isClosed), "orders were in flight when the executor died")

            yield* again
            const orders = yield* Effect.promise(() =>
              Client.eventually(
                () => Client.allOrders(url, token),
                (all) => all.every(isClosed)
              )
            )
            const known = new Map(orders.map((order) => [order.orderId, order]))
            assert.strictEqual(known.size, orders.length, "an order is listed twice")
            assert.deepStrictEqual(
              answered.filter((orderId) => !known.has(orderId)),
              [],
              "answered PENDING, and gone"
            )
            // The socket was open all the time, and has to know the same.
            for (const orderId of answered) yield* shows(feed, orderId, known.get(orderId)!.status)
            const fills = yield* booksAgree(url, token)
            for (const order of orders) {
              const mine = fills.filter(({ orderId }) => orderId === order.orderId)
              const executed = mine.reduce((sum, { quantity }) => add(sum, decimal(quantity)), zero)
              assert.strictEqual(format(executed), order.executedQuantity, order.orderId)
            }
            const times = new Map((yield* ledger(database)).map((row) => [row.id, row.times]))
            for (const { clientOrderId, status } of orders) {
              assert.strictEqual(times.get(clientOrderId), ["DENIED", "REJECTED"].includes(status) ? undefined : 1)
            }
          }),
        { timeout: 60_000, retry: 1 }
      )
    })
  })
})

import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Layer } from "effect"
import * as Account from "../../../src/domain/Account.ts"
import type { Event } from "../../../src/domain/Event.ts"
import { AccountId, clientOrderIdOf, CommandId, type OrderId } from "../../../src/domain/Ids.ts"
import { decimal } from "../../../src/domain/Money.ts"
import { Broadcaster } from "../../../src/layers/broadcaster/Broadcaster.ts"
import * as FeedRoute from "../../../src/layers/broadcaster/FeedRoute.ts"
import { MAX_MESSAGES_PER_SECOND, MAX_SOCKETS_PER_USER } from "../../../src/layers/broadcaster/Limits.ts"
import { Events } from "../../../src/ports/Events.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { MarketData } from "../../../src/ports/MarketData.ts"
import { Client, connect } from "../../kit/FeedClient.ts"
import { type Person, person, serve, type Served, tradeAt } from "../../kit/Served.ts"
import { btcusdt, limit, orderId } from "../../kit/Trading.ts"

/** Stands in for the executor: decides nothing, but journals and tells like it. */
class Hand {
  private account: Account.Account
  private readonly served: Served

  constructor(served: Served, accountId: string) {
    this.served = served
    this.account = Account.empty(AccountId.make(accountId))
  }

  get seq(): number {
    return this.account.seq
  }

  record(event: Event, options: { readonly tell: boolean } = { tell: true }): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const afterSeq = this.account.seq
      const recorded = { seq: afterSeq + 1, at: afterSeq + 1, traceId: "", event }
      const { account, update } = Account.step(this.account, recorded, () => btcusdt)
      this.account = account
      const { accountId } = account
      yield* Context.get(this.served.context, Journal).append({ accountId, afterSeq, updates: [update], receipts: [] })
      if (options.tell) yield* Context.get(this.served.context, Events).publish([update])
    }).pipe(Effect.orDie)
  }

  /** Sets a balance: one event, one BALANCE_UPDATE. */
  credit(amount: string, options?: { readonly tell: boolean }): Effect.Effect<void> {
    return this.record({ _tag: "BalanceAdjusted", asset: "USDT", free: decimal(amount) }, options)
  }

  submit(id: OrderId): Effect.Effect<void> {
    return this.record({
      _tag: "OrderSubmitted",
      orderId: id,
      commandId: CommandId.make(id),
      clientOrderId: clientOrderIdOf(id),
      intent: limit("BUY", "0.01", "59000"),
      hold: { asset: "USDT", amount: decimal("590") }
    })
  }
}

interface Desk extends Served {
  readonly ann: Person
  readonly hand: Hand
  readonly feed: Broadcaster["Service"]
}

const desk = <A>(use: (desk: Desk) => Effect.Effect<A, never, import("effect").Scope.Scope>) =>
  Effect.scoped(
    Effect.gen(function* () {
      const held = yield* Deferred.make<Broadcaster["Service"]>()
      const reveal = Layer.effectDiscard(Effect.flatMap(Broadcaster, (feed) => Deferred.succeed(held, feed)))
      const served = yield* serve(
        Layer.merge(FeedRoute.layer, reveal).pipe(Layer.provide(Broadcaster.layer)) as unknown as Layer.Layer<never>
      )
      const ann = yield* person(served, "ann")
      const feed = yield* Deferred.await(held)
      return yield* use({ ...served, ann, hand: new Hand(served, ann.accountId), feed })
    })
  )

const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, index) => first + index)

describe("the private feed", () => {
  it.live("begins with WELCOME, a SNAPSHOT and LIVE, then every update with its seq", () =>
    desk(({ ann, base, hand }) =>
      Effect.gen(function* () {
        yield* hand.credit("1000")
        const client = yield* connect(base, `?token=${ann.token}`)
        yield* client.hears("LIVE")
        assert.deepStrictEqual(
          client.heard.map(({ type }) => type),
          ["WELCOME", "SNAPSHOT", "LIVE"]
        )
        assert.strictEqual(client.heard[0]!.data.accountId, ann.accountId)
        assert.strictEqual(client.heard[1]!.seq, 1)
        assert.deepStrictEqual(client.heard[1]!.data.balances, [
          { asset: "USDT", free: "1000", held: "0", total: "1000" }
        ])
        yield* hand.submit(orderId(1))
        yield* client.hears("BALANCE_UPDATE", 2)
        const [order, balance] = client.heard.slice(3)
        assert.deepInclude(order, { type: "ORDER_UPDATE", seq: 2 })
        assert.strictEqual(order!.data.status, "SUBMITTING")
        assert.deepStrictEqual(balance, {
          type: "BALANCE_UPDATE",
          seq: 2,
          data: { asset: "USDT", free: "410", held: "590", total: "1000" }
        })
      })
    )
  )

  it.live("takes the token as a first message too, and shows the market to anyone", () =>
    desk(({ ann, base }) =>
      Effect.gen(function* () {
        const client = yield* connect(base, "")
        yield* client.hears("WELCOME")
        assert.isNull(client.heard[0]!.data.accountId)
        client.say({ type: "AUTH", token: ann.token })
        yield* client.hears("LIVE", 0)
        assert.strictEqual(client.heard[1]!.data.accountId, ann.accountId)
      })
    )
  )

  it.live("resumes after the last seq seen: from memory, from the journal, and when nothing happened", () =>
    desk(({ ann, base, hand }) =>
      Effect.gen(function* () {
        for (const _ of upTo(5)) yield* hand.credit(String(_))
        // Nobody watched so far: this one comes from the journal.
        const first = yield* connect(base, `?token=${ann.token}&from=2`)
        yield* first.hears("LIVE", 5)
        assert.deepStrictEqual(first.seqs(), [3, 4, 5])
        assert.isFalse(first.heard.some(({ type }) => type === "SNAPSHOT"))
        for (const _ of upTo(3)) yield* hand.credit(`1${_}`)
        yield* first.hears("BALANCE_UPDATE", 8)
        // These were seen by the first client: they come from memory.
        const second = yield* connect(base, `?token=${ann.token}&from=5`)
        yield* second.hears("LIVE", 8)
        assert.deepStrictEqual(second.seqs(), [6, 7, 8])
        const level = yield* connect(base, `?token=${ann.token}&from=8`)
        yield* level.hears("LIVE", 8)
        assert.deepStrictEqual(level.seqs(), [])
        yield* hand.credit("99")
        for (const client of [first, second, level]) yield* client.hears("BALANCE_UPDATE", 9)
        assert.deepStrictEqual(first.seqs(), upTo(9, 3))
      })
    )
  )

  it.live("sends a snapshot to who is too far behind, or ahead of the journal", () =>
    desk(({ ann, base, hand }) =>
      Effect.gen(function* () {
        for (const n of upTo(1_005)) yield* hand.credit(String(n), { tell: false })
        for (const from of [2, 5_000]) {
          const client = yield* connect(base, `?token=${ann.token}&from=${from}`)
          yield* client.hears("LIVE", 1_005)
          assert.deepStrictEqual(
            client.heard.map(({ seq, type }) => [type, seq]),
            [
              ["WELCOME", undefined],
              ["SNAPSHOT", 1_005],
              ["LIVE", 1_005]
            ]
          )
        }
      })
    )
  )

  it.live("fills a gap from the journal when an update was lost on the way", () =>
    desk(({ ann, base, hand }) =>
      Effect.gen(function* () {
        const client = yield* connect(base, `?token=${ann.token}`)
        yield* client.hears("LIVE", 0)
        yield* hand.credit("1")
        yield* hand.credit("2", { tell: false })
        yield* hand.credit("3", { tell: false })
        yield* hand.credit("4")
        yield* client.hears("LIVE", 4)
        yield* hand.credit("5")
        yield* client.hears("BALANCE_UPDATE", 5)
        assert.deepStrictEqual(client.seqs(), upTo(5))
      })
    )
  )

  it.live("gives a client that stopped reading a fresh snapshot once it reads again, and then every update", () =>
    desk(({ ann, base, hand }) =>
      Effect.gen(function* () {
        yield* hand.credit("1000")
        yield* hand.submit(orderId(1))
        const client = yield* connect(base, `?token=${ann.token}`)
        yield* client.hears("LIVE", 2)
        client.socket.pause()
        const reason = "x".repeat(8_000)
        for (const _ of upTo(4_000)) {
          yield* hand.record({ _tag: "OrderUnknown", orderId: orderId(1), call: "submit", reason })
        }
        client.socket.resume()
        yield* client.hears("LIVE", hand.seq)
        yield* hand.credit("7")
        yield* client.hears("BALANCE_UPDATE", hand.seq)
        const snapshots = client.heard.filter(({ type }) => type === "SNAPSHOT")
        assert.isAtLeast(snapshots.length, 2)
        assert.isBelow(client.seqs().length, 4_000)
        // After each snapshot the seqs go up by one.
        let seq = 0
        for (const { seq: next, type } of client.heard) {
          if (next === undefined) continue
          if (type !== "SNAPSHOT") assert.isTrue(next === seq || next === seq + 1, `${type} ${next} after ${seq}`)
          seq = next
        }
      })
    )
  )

  it.live("refuses a wrong token in words, then closes with 4401; another's account with 4403", () =>
    desk((it) =>
      Effect.gen(function* () {
        const wrong = yield* connect(it.base, "?token=nonsense")
        assert.strictEqual(yield* wrong.closed, 4401)
        assert.strictEqual(wrong.heard.at(-1)!.data.code, "TOKEN_INVALID")
        const bob = yield* person(it, "bob")
        const foreign = yield* connect(it.base, `?token=${bob.token}&accountId=${it.ann.accountId}`)
        assert.strictEqual(yield* foreign.closed, 4403)
      })
    )
  )
})

describe("the market feed", () => {
  const subscribed = ["price:BTCUSDT", "trade:BTCUSDT", "kline:BTCUSDT:1m", "book:BTCUSDT"]

  it.live("says of a watched symbol that it went stale, and of one that is subscribed to later", () =>
    desk((it) =>
      Effect.gen(function* () {
        const market = Context.get(it.context, MarketData)
        market.apply(tradeAt(6_000_000))
        const first = yield* connect(it.base, "")
        yield* first.hears("WELCOME")
        first.say({ type: "SUBSCRIBE", topics: ["price:BTCUSDT"] })
        yield* first.hears("PRICE_UPDATE")
        assert.isNull(first.heard.find(({ type }) => type === "PRICE_UPDATE")!.data.stale)
        market.mark("BTCUSDT", { why: "silent", heardAt: 5 })
        yield* first.until(() =>
          first.heard.some(({ data, type }) => type === "PRICE_UPDATE" && data.stale?.why === "silent")
        )
        const second = yield* connect(it.base, "")
        yield* second.hears("WELCOME")
        second.say({ type: "SUBSCRIBE", topics: ["price:BTCUSDT"] })
        yield* second.hears("PRICE_UPDATE")
        const told = second.heard.find(({ type }) => type === "PRICE_UPDATE")!
        assert.deepStrictEqual(told.data.stale, { why: "silent", heardAt: 5 })
      })
    )
  )

  it.live("sends the current state at once, changes as they come, and nothing after UNSUBSCRIBE", () =>
    desk((it) =>
      Effect.gen(function* () {
        const market = Context.get(it.context, MarketData)
        const events = Context.get(it.context, Events)
        market.apply(tradeAt(6_000_000))
        const client = yield* connect(it.base, "")
        yield* client.hears("WELCOME")
        client.say({ type: "SUBSCRIBE", topics: subscribed })
        yield* client.hears("PRICE_UPDATE")
        yield* client.hears("KLINE_UPDATE")
        assert.strictEqual(client.heard.find(({ type }) => type === "PRICE_UPDATE")!.data.price, "60000.00")
        const trade = {
          symbol: "BTCUSDT",
          tradeId: "9",
          ticks: 6_000_100,
          lots: 150_000,
          takerSide: "SELL",
          at: 5
        } as const
        yield* events.publishMarket([
          { _tag: "Price", quote: { symbol: "BTCUSDT", last: 1, synced: true, at: 4 } },
          { _tag: "Price", quote: { symbol: "BTCUSDT", last: 6_000_100, synced: true, at: 5 } },
          { _tag: "Trade", trade }
        ])
        yield* client.hears("TRADE")
        const prices = client.heard.filter(({ type }) => type === "PRICE_UPDATE")
        // Two changes within a tick: the newest wins.
        assert.deepStrictEqual(
          prices.map(({ data }) => data.price),
          ["60000.00", "60001.00"]
        )
        assert.deepStrictEqual(client.heard.find(({ type }) => type === "TRADE")!.data, {
          symbol: "BTCUSDT",
          tradeId: "9",
          price: "60001.00",
          quantity: "1.50000",
          side: "SELL",
          at: 5
        })
        client.say({ type: "UNSUBSCRIBE", topics: subscribed })
        client.say({ type: "PING" })
        yield* client.hears("PONG")
        const before = client.heard.length
        yield* events.publishMarket([{ _tag: "Trade", trade }])
        client.say({ type: "SUBSCRIBE", topics: ["price:BTCUSDT"] })
        yield* client.until(() => client.heard.length > before)
        assert.strictEqual(client.heard.at(-1)!.type, "PRICE_UPDATE")
        assert.strictEqual(client.heard.at(-1)!.data.price, "60001.00")
      })
    )
  )

  it.live("says what is wrong with a message and keeps the socket", () =>
    desk((it) =>
      Effect.gen(function* () {
        const client = yield* connect(it.base, "")
        yield* client.hears("WELCOME")
        client.say("{nonsense")
        client.say({ type: "SUBSCRIBE", topics: ["price:NOPE"] })
        client.say({ type: "SUBSCRIBE", topics: ["kline:BTCUSDT:7m"] })
        client.say({ type: "SUBSCRIBE", topics: ["weather"] })
        yield* client.until(() => client.heard.length === 5)
        assert.deepStrictEqual(
          client.heard.slice(1).map(({ data }) => data.code),
          ["BAD_MESSAGE", "UNKNOWN_TOPIC", "UNKNOWN_TOPIC", "BAD_MESSAGE"]
        )
        assert.isUndefined(client.code)
      })
    )
  )

  it.live("closes a socket that talks too much, and a user's socket beyond the limit", () =>
    desk((it) =>
      Effect.gen(function* () {
        const chatty = yield* connect(it.base, "")
        yield* chatty.hears("WELCOME")
        for (const _ of upTo(MAX_MESSAGES_PER_SECOND + 1)) chatty.say({ type: "PING" })
        assert.strictEqual(yield* chatty.closed, 1008)
        assert.strictEqual(chatty.heard.at(-1)!.data.code, "TOO_MANY_MESSAGES")
        const clients = yield* Effect.forEach(upTo(MAX_SOCKETS_PER_USER), () =>
          Effect.tap(connect(it.base, `?token=${it.ann.token}`), (client) => client.hears("LIVE"))
        )
        const extra = yield* connect(it.base, `?token=${it.ann.token}`)
        assert.strictEqual(yield* extra.closed, 4429)
        assert.isTrue(clients.every(({ code }) => code === undefined))
      })
    )
  )

  it.live("answers a plain request with 426", () =>
    desk((it) =>
      Effect.gen(function* () {
        const response = yield* Effect.promise(() => fetch(`http://${it.base}/prices`))
        assert.strictEqual(response.status, 426)
      })
    )
  )

  it.live("keeps nothing of 200 sockets that came and went", () =>
    desk((it) =>
      Effect.gen(function* () {
        for (const n of upTo(200)) {
          const client = new Client(it.base, n % 2 === 0 ? "" : `?token=${it.ann.token}`)
          yield* client.hears("WELCOME")
          client.say({ type: "SUBSCRIBE", topics: subscribed })
          if (n % 3 === 0) client.socket.close()
          else client.socket.terminate()
          yield* client.closed
        }
        const last = yield* connect(it.base, `?token=${it.ann.token}`)
        yield* last.hears("LIVE")
        yield* Effect.repeat(Effect.yieldNow, { until: () => it.feed.size().sessions === 1 })
        assert.deepStrictEqual(it.feed.size(), { sessions: 1, following: 1 })
        assert.strictEqual(it.feed.topics.watched(), 0)
      })
    )
  )
})

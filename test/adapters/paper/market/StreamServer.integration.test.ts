// Connections: what they may say, how much, how long, and what becomes of one that does not read.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { IncomingMessage } from "node:http"
import { Socket } from "node:net"
import { Duplex } from "node:stream"
import { BINANCE_LIMITS } from "../../../../src/adapters/paper/market/StreamLimits.ts"
import * as Stage from "./Stage.ts"

const { diff, snapshot, trade } = Stage

describe("the limits of the streams", () => {
  it("are Binance's", () => {
    assert.deepInclude(BINANCE_LIMITS, {
      inboundPerSecond: 5,
      streamsPerConnection: 1_024,
      attemptsPerAddress: 300,
      attemptWindowMillis: 300_000,
      pingEveryMillis: 20_000,
      pongWithinMillis: 60_000,
      longestLifeMillis: 86_400_000
    })
  })
})

const turn = Effect.promise(() => Promise.resolve())

describe("a connection to the streams", () => {
  it.effect("subscribes, lists, and hears nothing more of what it unsubscribed", () =>
    Effect.gen(function* () {
      const { connect, say } = yield* Stage.served()
      const client = yield* connect("/ws")
      assert.deepStrictEqual(yield* client.ask({ method: "LIST_SUBSCRIPTIONS", id: null }), { result: [], id: null })
      assert.deepStrictEqual(
        yield* client.ask({ method: "SUBSCRIBE", params: ["btcusdt@trade", "btcusdt@aggTrade"], id: "a1" }),
        { result: null, id: "a1" }
      )
      assert.deepStrictEqual(yield* client.ask({ method: "LIST_SUBSCRIPTIONS", id: 2 }), {
        result: ["btcusdt@trade", "btcusdt@aggTrade"],
        id: 2
      })
      assert.deepStrictEqual(
        yield* client.ask({ method: "UNSUBSCRIBE", params: ["btcusdt@aggTrade", "never@heard"], id: 3 }),
        {
          result: null,
          id: 3
        }
      )
      say(trade(1, 100, 1))
      yield* client.settled()
      assert.deepStrictEqual(
        client.heard.filter(({ e }) => e !== undefined).map(({ e }) => e),
        ["trade"]
      )
    })
  )

  it.effect("changes between raw and combined messages by a property", () =>
    Effect.gen(function* () {
      const { connect, say } = yield* Stage.served()
      const client = yield* connect("/ws/btcusdt@trade")
      assert.deepStrictEqual(yield* client.ask({ method: "GET_PROPERTY", params: ["combined"], id: 1 }), {
        result: false,
        id: 1
      })
      assert.deepStrictEqual(yield* client.ask({ method: "SET_PROPERTY", params: ["combined", true], id: 2 }), {
        result: null,
        id: 2
      })
      assert.deepStrictEqual(yield* client.ask({ method: "GET_PROPERTY", params: ["combined"], id: 3 }), {
        result: true,
        id: 3
      })
      const from = client.heard.length
      say(trade(1, 100, 1))
      assert.strictEqual((yield* client.next(from)).stream, "btcusdt@trade")
      const combined = yield* connect("/stream")
      assert.deepStrictEqual(yield* combined.ask({ method: "GET_PROPERTY", params: ["combined"], id: 1 }), {
        result: true,
        id: 1
      })
    })
  )

  it.effect("may name streams that do not exist, and is told its mistakes in a wrapped error", () =>
    Effect.gen(function* () {
      const { connect } = yield* Stage.served()
      const client = yield* connect("/ws/whatever/BTCUSDT@trade")
      assert.deepStrictEqual((yield* client.ask({ method: "LIST_SUBSCRIPTIONS", id: 1 })).result, [
        "whatever",
        "BTCUSDT@trade"
      ])
      assert.deepStrictEqual(yield* client.ask({ method: "SET_PROPERTY", params: ["x"], id: 1 }), {
        error: { code: 0, msg: "Unknown property" },
        id: 1
      })
      assert.strictEqual((yield* client.ask("{")).error.code, 3)
      assert.isUndefined(client.code)
    })
  )

  it.effect("is cut with its sixth message of a second, pings and pongs counted", () =>
    Effect.gen(function* () {
      const { connect } = yield* Stage.served({ inboundPerSecond: 5 })
      const client = yield* connect("/ws")
      client.socket.ping()
      client.socket.pong()
      for (let id = 1; id <= 3; id++) yield* client.ask({ method: "LIST_SUBSCRIPTIONS", id })
      yield* TestClock.adjust("1 second")
      for (let id = 4; id <= 8; id++) yield* client.ask({ method: "LIST_SUBSCRIPTIONS", id })
      client.socket.ping()
      assert.strictEqual(yield* client.closed, 1008)
      assert.strictEqual(client.reason, "Too many requests")
    })
  )

  it.effect("listens to at most 1,024 streams", () =>
    Effect.gen(function* () {
      const { connect } = yield* Stage.served()
      const client = yield* connect("/ws")
      const names = Array.from({ length: 1_024 }, (_, index) => `s${index}@trade`)
      assert.strictEqual((yield* client.ask({ method: "SUBSCRIBE", params: names, id: 1 })).result, null)
      assert.strictEqual((yield* client.ask({ method: "SUBSCRIBE", params: ["s0@trade"], id: 2 })).result, null)
      assert.strictEqual((yield* client.ask({ method: "SUBSCRIBE", params: ["one@more"], id: 3 })).error.code, 2)
      assert.strictEqual((yield* client.ask({ method: "LIST_SUBSCRIPTIONS", id: 4 })).result.length, 1_024)
    })
  )

  it.effect("is refused once its address has tried too often within five minutes", () =>
    Effect.gen(function* () {
      const { connect } = yield* Stage.served({ attemptsPerAddress: 3 })
      for (let count = 0; count < 3; count++) assert.isUndefined((yield* connect("/ws")).code)
      assert.strictEqual((yield* connect("/ws")).code, 1006)
      yield* TestClock.adjust("5 minutes")
      assert.isUndefined((yield* connect("/ws")).code)
    })
  )

  it.effect("is pinged every 20 seconds with a payload, and cut where no pong came for a minute", () =>
    Effect.gen(function* () {
      const { connect } = yield* Stage.served()
      const good = yield* connect("/ws")
      // Says pongs of its own, which do not count.
      const silent = yield* connect("/ws", { autoPong: false })
      // Connections are looked at once a second.
      yield* TestClock.adjust("1 second")
      for (let round = 1; round <= 4; round++) {
        yield* TestClock.adjust("20 seconds")
        yield* good.until(() => good.pings.length === round)
        if (round < 4) yield* silent.until(() => silent.pings.length === round)
        silent.socket.pong()
        yield* good.settled()
      }
      assert.strictEqual(yield* silent.closed, 1006)
      assert.isUndefined(good.code)
      assert.strictEqual(new Set(good.pings).size, 4)
      assert.notInclude(good.pings, "")
    })
  )

  it.effect("ends when its time is over", () =>
    Effect.gen(function* () {
      const { connect } = yield* Stage.served({ pingEveryMillis: Number.POSITIVE_INFINITY, longestLifeMillis: 30_000 })
      const client = yield* connect("/ws")
      yield* TestClock.adjust("29 seconds")
      yield* client.settled()
      assert.isUndefined(client.code)
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(yield* client.closed, 1001)
    })
  )

  it.effect("is told of a shutdown before it is closed", () =>
    Effect.gen(function* () {
      const { connect, streams } = yield* Stage.served()
      const [raw, combined] = [yield* connect("/ws"), yield* connect("/stream")]
      yield* streams.shutDown
      for (const client of [raw, combined]) assert.strictEqual(yield* client.closed, 1001)
      assert.deepStrictEqual(raw.heard, [{ e: "serverShutdown", E: Stage.START }])
      assert.deepStrictEqual(combined.heard, [
        { stream: "!serverShutdown", data: { e: "serverShutdown", E: Stage.START } }
      ])
      assert.strictEqual((yield* connect("/ws")).code, 1006)
    })
  )

  it.effect("is cut where it reads too slowly a stream that must be whole, and holds nobody up", () =>
    Effect.gen(function* () {
      const { connect, say, streams } = yield* Stage.served({ lateBytes: 16_384, backlogBytes: 262_144 })
      say(snapshot(1, [[100, 1]], [[1_000_000, 1]]))
      const slow = yield* connect("/ws/btcusdt@depth@100ms")
      const quick = yield* connect("/ws/btcusdt@depth@100ms")
      slow.socket.pause()
      let id = 1
      // The kernel takes some megabytes before the server has to hold any.
      while (streams.counts().connections === 2 && id < 2_000) {
        id++
        const levels = Array.from({ length: 2_000 }, (_, index) => [500_000 - index, id] as const)
        say(diff(id, levels, []))
        yield* TestClock.adjust("100 millis")
        assert.isBelow(streams.counts().longestBacklogBytes, 2 * 262_144)
        yield* quick.until(() => quick.heard.length === id - 1 || slow.code !== undefined)
        if (slow.socket.isPaused && streams.counts().longestBacklogBytes > 262_144) slow.socket.resume()
        yield* quick.settled()
        quick.heard.pop()
      }
      assert.strictEqual(yield* slow.closed, 1008)
      assert.isUndefined(quick.code)
    })
  )

  it.effect("gets the newest instead of all where a stream states a whole", () =>
    Effect.gen(function* () {
      const lateBytes = 1_048_576
      const { btc, connect, say, streams } = yield* Stage.served({ lateBytes, backlogBytes: 67_108_864 })
      say(snapshot(1, [[100, 1]], [[1_000_000, 1]]))
      const client = yield* connect("/ws/btcusdt@bookTicker/btcusdt@depth@100ms")
      client.socket.pause()
      let id = 1
      while (streams.counts().longestBacklogBytes <= lateBytes && id < 2_000) {
        id++
        const levels = Array.from({ length: 2_000 }, (_, index) => [500_000 - index, id] as const)
        say(diff(id, levels, []))
        yield* TestClock.adjust("100 millis")
      }
      for (let more = 0; more < 50; more++) {
        id++
        say(diff(id, [[600_000, id]], []))
      }
      client.socket.resume()
      const newest = btc.book.updateId
      const isBest = ({ b }: { b: unknown }) => typeof b === "string" && b.startsWith("6000")
      yield* client.until(() => client.heard.some((message) => isBest(message) && message.u === newest))
      assert.deepStrictEqual(
        client.heard.filter(isBest).map(({ u }) => u),
        [newest]
      )
    })
  )

  it.effect("is sent nothing older than what it was sent already", () =>
    Effect.gen(function* () {
      const { say, streams } = yield* Stage.served({ lateBytes: 400 })
      const wire = new SlowWire()
      assert.isTrue(streams.upgrade(handshake("/ws/btcusdt@trade/btcusdt@bookTicker"), wire, Buffer.alloc(0)))
      yield* turn
      wire.takeAll()
      const best = (lots: number) => say(snapshot(lots, [[100, lots]], [[200, 1]]))
      for (let id = 1; id <= 4; id++) say(trade(id, 101, 5))
      yield* turn
      assert.isAbove(streams.counts().longestBacklogBytes, 400)
      best(7)
      yield* turn
      wire.takeOne()
      assert.isBelow(streams.counts().longestBacklogBytes, 400)
      best(8)
      yield* turn
      wire.takeAll()
      yield* turn
      wire.takeAll()
      const told = wire.taken.flatMap((text) => /"B":"([^"]+)"/.exec(text)?.[1] ?? [])
      assert.deepStrictEqual(told, ["0.00008000"])
    })
  )

  it.effect("is sent the newest of every stream, one after the other, where all of it finds no room at once", () =>
    Effect.gen(function* () {
      const { say, streams } = yield* Stage.served({ lateBytes: 0 })
      const wire = new SlowWire()
      const names = ["depth5@100ms", "depth10@100ms", "depth20@100ms", "bookTicker"]
      const path = `/ws/${names.map((name) => `btcusdt@${name}`).join("/")}`
      assert.isTrue(streams.upgrade(handshake(path), wire, Buffer.alloc(0)))
      yield* turn
      for (let lots = 1; lots <= 5; lots++) {
        say(snapshot(lots, [[100, lots]], [[200, 1]]))
        yield* TestClock.adjust("100 millis")
      }
      for (let round = 0; round < 10; round++) {
        wire.takeAll()
        yield* turn
      }
      const newest = wire.taken.filter((text) => text.includes("0.00005000"))
      assert.strictEqual(newest.length, names.length)
      assert.strictEqual(streams.counts().longestBacklogBytes, 0)
    })
  )
})

const handshake = (url: string): IncomingMessage => {
  const request = new IncomingMessage(new Socket())
  request.method = "GET"
  request.url = url
  request.headers = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ=="
  }
  return request
}

/** A connection whose reader takes one chunk when it is told to. */
class SlowWire extends Duplex {
  readonly taken: Array<string> = []
  private waiting: { readonly text: string; readonly done: () => void } | undefined

  constructor() {
    super({ writableHighWaterMark: 100 })
  }

  override _read(): void {}

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.waiting = { text: chunk.toString(), done }
  }

  takeOne(): boolean {
    const { waiting } = this
    if (waiting === undefined) return false
    this.waiting = undefined
    this.taken.push(waiting.text)
    waiting.done()
    return true
  }

  takeAll(): void {
    while (this.takeOne());
  }
}

// The procedure of "How to manage a local order book correctly", as a client would write it, over a real socket.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as Payloads from "../../../../src/adapters/paper/market/Payloads.ts"
import * as ReplayMarket from "../../../../src/adapters/binance/ReplayMarket.ts"
import * as SimMarket from "../../../../src/adapters/sim/SimMarket.ts"
import type { MarketSource } from "../../../../src/ports/MarketSource.ts"
import { btcusdt, describeRecordings } from "../../../kit/Recordings.ts"
import * as Stage from "./Stage.ts"

interface DepthUpdate {
  readonly U: number
  readonly u: number
  readonly b: ReadonlyArray<readonly [string, string]>
  readonly a: ReadonlyArray<readonly [string, string]>
}

/** Texts only: prices are compared as they were printed, sorted by their digits. */
class LocalBook {
  readonly bids = new Map<string, string>()
  readonly asks = new Map<string, string>()
  id = 0
  applied = 0
  private readonly buffer: Array<DepthUpdate> = []

  hear(event: DepthUpdate): void {
    if (this.id === 0) this.buffer.push(event)
    else this.apply(event)
  }

  get firstBuffered(): number | undefined {
    return this.buffer[0]?.U
  }

  /** False where the snapshot is older than the first buffered event: it must be fetched again. */
  begin(snapshot: { lastUpdateId: number; bids: DepthUpdate["b"]; asks: DepthUpdate["a"] }): boolean {
    const first = this.buffer[0]
    if (first !== undefined && snapshot.lastUpdateId < first.U) return false
    for (const [price, quantity] of snapshot.bids) this.bids.set(price, quantity)
    for (const [price, quantity] of snapshot.asks) this.asks.set(price, quantity)
    this.id = snapshot.lastUpdateId
    const kept = this.buffer.filter((event) => event.u > this.id)
    if (kept[0] !== undefined) assert.isTrue(kept[0].U <= this.id + 1 && kept[0].u >= this.id + 1, "joins")
    for (const event of kept) this.apply(event)
    return true
  }

  private apply(event: DepthUpdate): void {
    if (event.u < this.id) return
    assert.isAtMost(event.U, this.id + 1, "a gap")
    this.set(this.bids, event.b)
    this.set(this.asks, event.a)
    this.id = event.u
    this.applied++
  }

  private set(side: Map<string, string>, rows: DepthUpdate["b"]): void {
    for (const [price, quantity] of rows) {
      if (/^0\.0+$/.test(quantity)) side.delete(price)
      else side.set(price, quantity)
    }
  }
}

const byDigits = (rows: Iterable<readonly [string, string]>) =>
  [...rows].toSorted(([a], [b]) => a.length - b.length || (a < b ? -1 : 1))

const follow = Effect.fnUntraced(function* (source: MarketSource["Service"], tenths: number) {
  const { btc, connect, play, users } = yield* Stage.served({}, source)
  const market = yield* Effect.forkScoped(play)
  yield* TestClock.adjust("1 second")
  assert.isDefined(btc.book.best("BUY"))
  const client = yield* connect("/ws/btcusdt@depth@100ms")
  const book = new LocalBook()
  const events: Array<DepthUpdate> = []
  client.socket.on("message", (data) => {
    const event = JSON.parse(String(data)) as DepthUpdate
    events.push(event)
    book.hear(event)
  })
  for (let tenth = 0; tenth < tenths; tenth++) {
    yield* TestClock.adjust("100 millis")
    // Users' orders come and go among the outside market's levels.
    const ticks = btc.book.best("BUY")!.ticks - (tenth % 7)
    users(Stage.level("BUY", ticks, (tenth % 3) * 10))
    if (tenth === 5) {
      yield* client.until(() => book.firstBuffered !== undefined)
      while (!book.begin(JSON.parse(Payloads.depth(btc, 5000)))) yield* TestClock.adjust("100 millis")
    }
  }
  yield* Fiber.interrupt(market)
  yield* TestClock.adjust("200 millis")
  yield* client.until(() => book.id === btc.book.updateId)
  const whole = JSON.parse(Payloads.depth(btc, 5000))
  assert.deepStrictEqual(byDigits(book.bids), byDigits(whole.bids))
  assert.deepStrictEqual(byDigits(book.asks), byDigits(whole.asks))
  for (let index = 1; index < events.length; index++) {
    assert.strictEqual(events[index]!.U, events[index - 1]!.u + 1, "ids are contiguous")
    assert.isAtLeast(events[index]!.u, events[index]!.U)
  }
  return { applied: book.applied, levels: book.bids.size + book.asks.size }
})

describe("a local book that follows the diff stream", () => {
  it.effect("stays the exchange's own with the simulated market and users' orders in it", () =>
    Effect.gen(function* () {
      const { applied, levels } = yield* follow(SimMarket.make({ seed: 11 }), 150)
      assert.isAbove(applied, 100)
      assert.isAbove(levels, 60)
    })
  )
})

describeRecordings("a local book that follows the diff stream of a recording", () => {
  it.effect("stays the exchange's own through real changes", () =>
    Effect.gen(function* () {
      const source = yield* ReplayMarket.make({ files: [btcusdt], paced: false, loop: false })
      // Read first: files take their own time, the test's clock does not wait for them.
      const messages = yield* Stream.runCollect(Stream.take(source.messages, 12_000))
      const tenths = Array.from({ length: 120 }, (_, index) => messages.slice(index * 100, index * 100 + 100))
      const paced = Stream.fromIterable(tenths).pipe(
        Stream.mapEffect((tenth) => Effect.as(Effect.sleep("100 millis"), tenth)),
        Stream.flatMap((tenth) => Stream.fromIterable(tenth))
      )
      const { applied, levels } = yield* follow({ ...source, messages: paced }, 100)
      assert.isAbove(applied, 80)
      assert.isAbove(levels, 1_000)
    })
  )
})

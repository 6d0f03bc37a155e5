// Faults of market streams, as a client on a socket meets them.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { Faults } from "../../../../src/adapters/paper/faults/Faults.ts"
import { served, trade } from "../market/Stage.ts"

const STREAM = "btcusdt@trade"

type Stage = Effect.Success<ReturnType<typeof served>>

const onStage = <A, E>(
  body: (faults: Faults["Service"], on: Stage) => Effect.Effect<A, E, Scope.Scope>
): Effect.Effect<A, E, Scope.Scope> =>
  Effect.gen(function* () {
    const faults = yield* Faults
    return yield* body(faults, yield* served())
  }).pipe(Effect.provide(Layer.fresh(Faults.layerOf(7))))

const tradeIds = (heard: ReadonlyArray<any>) => heard.flatMap((message) => (message.e === "trade" ? [message.t] : []))

describe("a market stream", () => {
  it.effect("misses what is dropped and repeats what is duplicated, where it is named", () =>
    onStage((faults, on) =>
      Effect.gen(function* () {
        const client = yield* on.connect(`/ws/${STREAM}`)
        yield* client.settled()
        yield* faults.dropEvents({ stream: "ethusdt@trade" })
        const drop = yield* faults.dropEvents({ stream: STREAM })
        on.say(trade(1, 100, 1), trade(2, 100, 1))
        yield* drop.happened
        const twice = yield* faults.duplicateEvents({ stream: STREAM })
        on.say(trade(3, 100, 1), trade(4, 100, 1))
        yield* twice.happened
        yield* client.settled()
        assert.deepStrictEqual(tradeIds(client.heard), [2, 3, 3, 4])
      })
    )
  )

  it.effect("is late in order: what is delayed holds up what follows", () =>
    onStage((faults, on) =>
      Effect.gen(function* () {
        const client = yield* on.connect(`/ws/${STREAM}`)
        yield* client.settled()
        const delay = yield* faults.delayEvents({ stream: STREAM }, { millis: 300 })
        on.say(trade(1, 100, 1))
        yield* delay.happened
        on.say(trade(2, 100, 1))
        yield* client.settled()
        assert.deepStrictEqual(tradeIds(client.heard), [])
        yield* TestClock.adjust("300 millis")
        on.say(trade(3, 100, 1))
        yield* client.settled()
        assert.deepStrictEqual(tradeIds(client.heard), [1, 2, 3])
      })
    )
  )

  it.effect("is silent and still answers pings, until it may speak again", () =>
    onStage((faults, on) =>
      Effect.gen(function* () {
        const client = yield* on.connect(`/ws/${STREAM}`)
        yield* client.settled()
        let pongs = 0
        client.socket.prependListener("pong", () => void pongs++)
        const silence = yield* faults.silence({ stream: STREAM })
        on.say(trade(1, 100, 1))
        yield* silence.happened
        client.socket.ping()
        yield* client.until(() => pongs === 1)
        yield* silence.clear
        on.say(trade(2, 100, 1))
        yield* client.settled()
        assert.deepStrictEqual(tradeIds(client.heard), [2])
      })
    )
  )

  it.effect("is cut without a word, and the next connection is not", () =>
    onStage((faults, on) =>
      Effect.gen(function* () {
        const client = yield* on.connect(`/ws/${STREAM}`)
        const other = yield* on.connect("/ws/ethusdt@trade")
        const cut = yield* faults.cutStream({ stream: STREAM })
        assert.strictEqual(yield* client.closed, 1006)
        assert.strictEqual((yield* cut.happened).n, 1)
        const again = yield* on.connect(`/ws/${STREAM}`)
        yield* again.settled()
        yield* other.settled()
        assert.strictEqual(again.code, undefined)
        assert.strictEqual(other.code, undefined)
      })
    )
  )

  it.effect("a cut that finds no stream waits for one to be subscribed", () =>
    onStage((faults, on) =>
      Effect.gen(function* () {
        const client = yield* on.connect("/ws")
        const cut = yield* faults.cutStream({ stream: STREAM }, "close")
        yield* client.settled()
        client.say({ method: "SUBSCRIBE", params: [STREAM], id: 1 })
        assert.strictEqual(yield* client.closed, 1001)
        yield* cut.happened
      })
    )
  )

  it.effect("ends as after 24 hours", () =>
    onStage((faults, on) =>
      Effect.gen(function* () {
        const client = yield* on.connect(`/ws/${STREAM}`)
        yield* faults.rotate({ stream: STREAM })
        assert.strictEqual(yield* client.closed, 1001)
      })
    )
  )

  it.effect("hears of a shutdown, goes on for its grace, and is closed", () =>
    onStage((faults, on) =>
      Effect.gen(function* () {
        const client = yield* on.connect(`/stream?streams=${STREAM}`)
        yield* client.settled()
        yield* faults.shutdown(2_000)
        on.say(trade(1, 100, 1))
        yield* client.settled()
        assert.deepInclude(client.heard.at(-3), { stream: "!serverShutdown" })
        assert.deepInclude(client.heard.at(-2).data, { e: "trade", t: 1 })
        yield* TestClock.adjust("2 seconds")
        assert.strictEqual(yield* client.closed, 1001)
      })
    )
  )

  it.effect("stands still with the whole exchange: no trade, no pong, no answer before it is thawed", () =>
    onStage((faults, on) =>
      Effect.gen(function* () {
        const client = yield* on.connect(`/ws/${STREAM}`)
        yield* client.settled()
        const said = client.heard.length
        let pongs = 0
        client.socket.prependListener("pong", () => void pongs++)
        yield* faults.freeze
        client.socket.ping()
        on.say(trade(1, 100, 1))
        client.say({ method: "LIST_SUBSCRIPTIONS", id: 9 })
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual(client.heard.length, said)
        yield* faults.thaw
        const answer = yield* client.next(said)
        assert.deepStrictEqual(answer, { result: [STREAM], id: 9 })
        assert.strictEqual(pongs, 0)
        on.say(trade(2, 100, 1))
        yield* client.settled()
        assert.deepStrictEqual(tradeIds(client.heard), [2])
      })
    )
  )
})

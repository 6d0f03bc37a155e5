// Two public Binance clients, written by others, against the streams as they are.
import { Spot, SpotWebsocketStreams } from "@binance/spot"
import { assert, describe, it } from "@effect/vitest"
import { WebsocketClient } from "binance"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import * as Stage from "./Stage.ts"

const { diff, snapshot, trade } = Stage

describe("public clients of Binance's streams", () => {
  it.effect("the binance package subscribes after connecting, and hears raw texts under their stream's name", () =>
    Effect.gen(function* () {
      const { base, say } = yield* Stage.served()
      const silent = { trace: () => undefined, info: () => undefined, error: () => undefined }
      const client = yield* Effect.acquireRelease(
        Effect.sync(() => new WebsocketClient({ wsUrl: base, beautify: false }, silent)),
        (client) => Effect.sync(() => client.closeAll(true))
      )
      const heard: Array<any> = []
      let check = () => {}
      client.on("message", (message) => {
        heard.push(message)
        check()
      })
      const answered = Effect.callback<any>((resume) => {
        client.on("response", (response) => resume(Effect.succeed(response)))
      })
      void client.subscribe(["btcusdt@trade", "btcusdt@bookTicker"], "main")
      assert.strictEqual((yield* answered).result, null)
      say(snapshot(1, [[100, 1]], [[101, 1]]), trade(1, 101, 5))
      yield* Effect.callback<void>((resume) => {
        check = () => heard.length >= 2 && resume(Effect.void)
        check()
      })
      assert.deepStrictEqual(
        heard.map(({ streamName, b, p }) => [streamName, b ?? p]),
        [
          ["btcusdt@bookTicker", "1.00000000"],
          ["btcusdt@trade", "1.01000000"]
        ]
      )
    })
  )

  it.effect("@binance/spot connects with an empty list, subscribes with ids of its own, and follows diffs", () =>
    Effect.gen(function* () {
      const { base, say } = yield* Stage.served()
      const spot = new Spot({ configurationWebsocketStreams: { wsURL: base } })
      const connection = yield* Effect.acquireRelease(
        Effect.promise(() => spot.websocketStreams.connect()),
        (connection) => Effect.promise(() => connection.disconnect())
      )
      say(snapshot(1, [[100, 1]], [[101, 1]]))
      const stream = connection.diffBookDepth({
        symbol: "btcusdt",
        updateSpeed: SpotWebsocketStreams.DiffBookDepthUpdateSpeedEnum.UPDATE_SPEED_100ms
      })
      const first = Effect.callback<any>((resume) => stream.on("message", (data) => resume(Effect.succeed(data))))
      const round = Effect.gen(function* () {
        let id = 1
        while (true) {
          id++
          say(diff(id, [[100, id]], []))
          yield* TestClock.adjust("100 millis")
          yield* Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void)))
        }
      })
      const update = yield* Effect.raceFirst(first, round)
      assert.strictEqual(update.s, "BTCUSDT")
      assert.isTrue(Number(update.u) >= Number(update.U))
    })
  )
})

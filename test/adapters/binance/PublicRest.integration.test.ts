// The market's questions under the governor of a process that trades: orders go before them, and both hear it when Binance says to wait.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import * as Governor from "../../../src/adapters/binance/Governor.ts"
import * as PublicRest from "../../../src/adapters/binance/PublicRest.ts"

/** Answers `{}` until it is told to ban. */
const served = Effect.acquireRelease(
  Effect.callback<{ readonly url: string; asked: number; banned: boolean; readonly close: () => void }>((resume) => {
    const state = { asked: 0, banned: false }
    const server = createServer((_, response) => {
      state.asked++
      const headers = { "content-type": "application/json", ...(state.banned ? { "retry-after": "30" } : {}) }
      response.writeHead(state.banned ? 418 : 200, headers).end(state.banned ? '{"code":-1003,"msg":"banned"}' : "{}")
    })
    server.listen(0, "127.0.0.1", () => {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      resume(Effect.succeed(Object.assign(state, { url, close: () => server.closeAllConnections() ?? server.close() })))
    })
  }),
  ({ close }) => Effect.sync(close)
)

describe("public questions under a governor", () => {
  it.live("count before they are asked, and stop everybody where Binance bans", () =>
    Effect.gen(function* () {
      const binance = yield* served
      // On a clock that stands still, so that no minute ends meanwhile.
      const governor = yield* Governor.make(() => 30_000 - Date.now())
      const rest = yield* PublicRest.connect(binance.url, undefined, governor)
      yield* rest.get("api/v3/depth", { symbol: "BTCUSDT", limit: 1_000 })
      assert.strictEqual(governor.budget.weight(Date.now()).used, 50)
      binance.banned = true
      assert.match((yield* Effect.flip(rest.get("api/v3/klines", { symbol: "BTCUSDT" }))).message, /418, banned/)
      assert.isAbove(governor.budget.stopped().bannedUntil, Date.now() + 20_000)
      const before = binance.asked
      const held = yield* Effect.flip(rest.get("api/v3/klines", { symbol: "BTCUSDT" }))
      assert.match(held.message, /^Binance's limits leave no room for the market now/)
      assert.strictEqual(binance.asked, before)
      assert.strictEqual(governor.counts().find(({ lane }) => lane === "read")?.shed, 1)
    }).pipe(Effect.scoped)
  )
})

// What every `ExchangeAccounts` does, wherever it keeps who trades what.
import { assert, type Vitest } from "@effect/vitest"
import { Effect } from "effect"
import { ExchangeAccounts, MOVED, TAKEN } from "../../src/ports/ExchangeAccounts.ts"
import { freshAccount } from "../kit/Messages.ts"

export const exchangeAccountsSuite = (it: Vitest.MethodsNonLive<ExchangeAccounts>): void => {
  it.effect("ties one account to one at the exchange, for good", () =>
    Effect.gen(function* () {
      const { bind } = yield* ExchangeAccounts
      const [ann, bob] = [freshAccount(), freshAccount()]
      yield* bind(ann, "binance testnet", `${ann}-1`)
      yield* bind(ann, "binance testnet", `${ann}-1`)
      const refusal = (...of: Parameters<typeof bind>) => Effect.map(Effect.flip(bind(...of)), ({ message }) => message)
      assert.strictEqual(yield* refusal(bob, "binance testnet", `${ann}-1`), TAKEN)
      assert.strictEqual(yield* refusal(ann, "binance testnet", `${ann}-2`), MOVED)
      assert.strictEqual(yield* refusal(ann, "binance live", `${ann}-1`), MOVED)
      // The same number elsewhere is another account.
      yield* bind(bob, "binance live", `${ann}-1`)
    })
  )

  it.effect("lets an account trade real money only while that is switched on", () =>
    Effect.gen(function* () {
      const { bind, live, setLive } = yield* ExchangeAccounts
      const [ann, bob, stranger] = [freshAccount(), freshAccount(), freshAccount()]
      yield* bind(ann, "binance live", ann)
      yield* bind(bob, "binance live", bob)
      assert.strictEqual((yield* live([ann, bob, stranger])).size, 0, "off until somebody says so")
      yield* setLive(ann, true)
      assert.deepStrictEqual([...(yield* live([ann, bob, stranger]))], [ann])
      // A key that is stored anew changes nothing about it.
      yield* bind(ann, "binance live", ann)
      assert.strictEqual((yield* live([ann])).size, 1)
      yield* setLive(ann, false)
      assert.strictEqual((yield* live([ann, bob])).size, 0)
      assert.match((yield* Effect.flip(setLive(stranger, true))).message, /not connected/)
      assert.strictEqual((yield* live([])).size, 0)
    })
  )
}

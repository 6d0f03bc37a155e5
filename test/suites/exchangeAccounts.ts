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
}

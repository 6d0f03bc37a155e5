// A few of the rounds that `npm run rounds` goes on with: two processes, the desk killed in the middle of its work.
import { assert, describe, it } from "@effect/vitest"
import { create, loseAnswers, register, reopened, round } from "./Rounds.ts"

/** Beside lost answers, in every run. */
const CALM = ["duplicateEvents", "loseRequest", "hideOrders"]

describe("rounds of kill -9 between a desk and an exchange on Binance's wire", () => {
  it(
    "leave the desk's orders, trades and balances equal to the exchange's ledger, and nothing in doubt",
    { timeout: 240_000 },
    async () => {
      const world = await create(7)
      try {
        let desk = await world.start()
        await register(world, desk)
        await loseAnswers(world)
        let lost = 0
        for (let n = 0; n < 3; n++) {
          const { desk: next, is } = await round(world, desk, CALM)
          desk = next
          lost += is.lostAnswers
        }
        assert.isAbove(lost, 0, "no answer was lost: nothing was tried")
        await desk.stop()
      } finally {
        await world.close()
      }
    }
  )

  it("find what the exchange closed while the desk was dead", { timeout: 120_000 }, async () => {
    const world = await create(8)
    try {
      const desk = await world.start()
      await register(world, desk)
      await (await reopened(world, desk, 20)).desk.stop()
    } finally {
      await world.close()
    }
  })
})

// Rounds of kill -9: `npm run rounds -- [--rounds N] [--seed S] [--open K] [--weather verb,verb]`. A line for each, and one of JSON at the end.
import { parseArgs } from "node:util"
import { create, killAll, loseAnswers, register, reopened, round, type Round } from "./Rounds.ts"

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    open: { type: "string", default: "0" },
    weather: { type: "string", default: "" }
  }
})
const whole = (name: keyof typeof values, most: number): number => {
  const text = values[name]
  if (!/^\d{1,9}$/.test(text) || Number(text) > most)
    throw new Error(`--${name} ${text}: a whole number up to ${most} is wanted`)
  return Number(text)
}
const [rounds, seed, open] = [whole("rounds", 100_000), whole("seed", 999_999_999), whole("open", 400)]
const verbs = values.weather.split(",").filter((verb) => verb !== "")
const say = (line: string) => process.stdout.write(`${line}\n`)

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void killAll().finally(() => process.exit(1)))
}

const done: Array<Round> = []
let failure: string | undefined
let start: { readonly readyMillis: number; readonly reconciledMillis: number } | undefined
const world = await create(seed)
try {
  let desk = await world.start()
  await register(world, desk)
  if (open > 0) {
    const { readyMillis, reconciledMillis, desk: next } = await reopened(world, desk, open)
    start = { readyMillis, reconciledMillis }
    desk = next
    say(`${open} open orders: ready after ${readyMillis} ms, level with the exchange after ${reconciledMillis} ms`)
  } else {
    await loseAnswers(world)
    for (let n = 1; n <= rounds; n++) {
      const { desk: next, is } = await round(world, desk, verbs)
      desk = next
      done.push(is)
      say(
        `round ${n} (${is.weather.join(", ")}): killed after ${is.killedAfter} answers, ${is.unanswered} without one, refused ${JSON.stringify(is.refusals)}, ${is.lostAnswers} lost at the exchange; ` +
          `ready after ${is.readyMillis} ms, ${is.doubts} undecided for ${is.decidedMillis} ms; ${is.orders} orders and ${is.trades} trades agree: ${JSON.stringify(is.outcomes)}`
      )
    }
  }
  await desk.stop()
} catch (error) {
  failure = error instanceof Error ? error.message : String(error)
  say(failure)
} finally {
  await world.close()
}
type Figure = Exclude<keyof Round, "weather" | "refusals" | "outcomes">
const most = (name: Figure) => done.reduce((max, each) => Math.max(max, each[name]), 0)
const sum = (name: Figure) => done.reduce((total, each) => total + each[name], 0)
say(
  JSON.stringify({
    rounds: done.length,
    seed,
    ok: failure === undefined,
    orders: done.at(-1)?.orders ?? 0,
    trades: done.at(-1)?.trades ?? 0,
    unanswered: sum("unanswered"),
    lostAnswers: sum("lostAnswers"),
    longestReadyMillis: most("readyMillis"),
    longestUndecidedMillis: most("decidedMillis"),
    ...(start === undefined ? {} : { open, ...start })
  })
)
process.exitCode = failure === undefined ? 0 : 1

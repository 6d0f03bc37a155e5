// The simulator: `npm run sim -- [--seed N] [--count K] [--orders M] [--threads T] [--without fault,fault] [--forever]`.
import { parseArgs } from "node:util"
import { bundle } from "./Bundle.ts"
import { type FaultPlan, faultNames } from "./Faults.ts"
import { mutations } from "./Mutations.ts"
import { runAll } from "./Pool.ts"
import { shrink } from "./Shrink.ts"
import type { Answer } from "./Worker.ts"

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    count: { type: "string", default: "1" },
    orders: { type: "string", default: "500" },
    threads: { type: "string", default: "2" },
    without: { type: "string", default: "" },
    forever: { type: "boolean", default: false },
    verbose: { type: "boolean", default: false }
  }
})
const [first, count, orders, threads] = [values.seed, values.count, values.orders, values.threads].map(Number) as [
  number,
  number,
  number,
  number
]
const without = values.without.split(",").filter((name): name is keyof FaultPlan => faultNames.includes(name as never))
const named = process.env["OUTCRY_MUTATION"]
const mutation = mutations.find(({ name }) => name === named)
if (named !== undefined && mutation === undefined) throw new Error(`there is no mutation ${named}`)

const say = (line: string) => process.stdout.write(`${line}\n`)
const began = performance.now()
const { file, remove } = await bundle(mutation)
let given = first
let failed: Answer | undefined
const sum = { histories: 0, orders: 0, doubts: 0, longest: 0, unhindered: 0, virtual: 0 }
const faults = new Map<string, number>()
let told = began

const note = (answer: Answer): boolean => {
  sum.histories++
  sum.orders += answer.orders
  sum.doubts += answer.doubts.count
  sum.longest = Math.max(sum.longest, answer.doubts.longest)
  sum.unhindered = Math.max(sum.unhindered, answer.doubts.longestUnhindered)
  sum.virtual += answer.lasted
  for (const [name, times] of answer.faults) faults.set(name, (faults.get(name) ?? 0) + times)
  if (performance.now() - told > 10_000) {
    told = performance.now()
    say(`${sum.histories} histories, ${sum.orders} orders, ${Math.round((told - began) / 1000)} s`)
  }
  if (answer.violations.length > 0) failed ??= answer
  return failed === undefined
}

try {
  const next = () =>
    values.forever || given < first + count ? { seed: given++, orders, without, verbose: values.verbose } : undefined
  await runAll(file, threads, next, note)
  const seconds = Math.round((performance.now() - began) / 1000)
  say(
    `\n${sum.histories} histories from seed ${first} on, ${sum.orders} orders, ${Math.round(sum.virtual / 3_600_000)} hours of theirs in ${seconds} s.`
  )
  say(
    `${sum.doubts} orders fell into doubt; the longest stayed ${sum.longest} ms after its call, ${sum.unhindered} ms after the last obstacle.`
  )
  say("\nfaults injected")
  for (const [name, times] of [...faults].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    say(`${String(times).padStart(9)} ${name}`)
  if (failed === undefined) say("\n0 doubled, 0 lost, 0 wrongly closed, 0 money created.")
  else {
    say(`\nSeed ${failed.seed} fails:\n  ${failed.violations.join("\n  ")}\n\nLooking for its shortest history …`)
    const { answer, asked } = await shrink(file, failed)
    const spared = asked.without?.length ? ` --without ${asked.without.join(",")}` : ""
    say(`  ${answer.violations.join("\n  ")}\n\nnpm run sim -- --seed ${asked.seed} --orders ${asked.orders}${spared}`)
    process.exitCode = 1
  }
  say(
    JSON.stringify({ ...sum, seconds, faults: Object.fromEntries(faults), violations: failed?.violations.length ?? 0 })
  )
} finally {
  await remove()
}

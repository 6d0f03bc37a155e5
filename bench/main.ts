// npm run bench -- orders    Each bench prints its figures, the limit beside them, and ends with one line of JSON.
import { spawnSync } from "node:child_process"
import * as path from "node:path"
import * as binance from "./binance.ts"
import * as orders from "./orders.ts"
import * as wire from "./wire.ts"

const benches: Record<string, () => Promise<unknown>> = { binance: binance.main, orders: orders.main, wire: wire.main }

/** Bundled: tsx makes slower code of the same source. */
const bundled = ["engine", "market"]

const name = process.argv[2] ?? ""
const bench = benches[name]
if (bundled.includes(name)) {
  const file = path.resolve(import.meta.dirname, `../dist/bench-${name}.js`)
  process.exitCode = spawnSync(process.execPath, [file], { stdio: "inherit" }).status ?? 1
} else if (bench === undefined) {
  console.error(`Which bench? One of: ${[...bundled, ...Object.keys(benches)].join(", ")}`)
  process.exitCode = 2
} else {
  console.log(JSON.stringify({ bench: name, figures: await bench() }))
}

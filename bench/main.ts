// npm run bench -- orders    Each bench prints its figures, the limit beside them, and ends with one line of JSON.
import { spawnSync } from "node:child_process"
import * as path from "node:path"
import * as orders from "./orders.ts"
import * as wire from "./wire.ts"

const benches: Record<string, () => Promise<unknown>> = { orders: orders.main, wire: wire.main }

const engine = path.resolve(import.meta.dirname, "../dist/bench-engine.js")

const name = process.argv[2] ?? ""
const bench = benches[name]
if (name === "engine") {
  process.exitCode = spawnSync(process.execPath, [engine], { stdio: "inherit" }).status ?? 1
} else if (bench === undefined) {
  console.error(`Which bench? One of: ${["engine", ...Object.keys(benches)].join(", ")}`)
  process.exitCode = 2
} else {
  console.log(JSON.stringify({ bench: name, figures: await bench() }))
}

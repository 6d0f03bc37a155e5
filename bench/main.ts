// npm run bench -- orders    Each bench prints its figures, the limit beside them, and ends with one line of JSON.
import * as engine from "./engine.ts"
import * as orders from "./orders.ts"
import * as wire from "./wire.ts"

const benches: Record<string, () => Promise<unknown>> = { engine: engine.main, orders: orders.main, wire: wire.main }

const name = process.argv[2] ?? ""
const bench = benches[name]
if (bench === undefined) {
  console.error(`Which bench? One of: ${Object.keys(benches).join(", ")}`)
  process.exitCode = 2
} else {
  console.log(JSON.stringify({ bench: name, figures: await bench() }))
}

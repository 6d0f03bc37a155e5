// Recorded Binance streams, where this clone has them: beside the repository, or where OUTCRY_RECORDINGS points.
import * as fs from "node:fs"
import * as path from "node:path"
import { describe } from "vitest"

const folder =
  process.env["OUTCRY_RECORDINGS"] ?? path.resolve(import.meta.dirname, "../../../shared/data/binance-spot")

export const btcusdt = path.join(folder, "btcusdt_20240808.gz")
export const ethusdt = path.join(folder, "ethusdt_20240808.gz")

const missing = [btcusdt, ethusdt].filter((file) => !fs.existsSync(file))
const skipped = missing.length > 0 && process.env["CI"] === undefined
if (skipped)
  process.stderr.write("No recordings found (set OUTCRY_RECORDINGS to their folder): their suites are skipped.\n")

/** A `describe` that is skipped where there are no recordings; in CI it runs, and fails. */
export const describeRecordings = describe.skipIf(skipped)

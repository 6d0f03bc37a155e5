// What the machine allows in this very run: a bare server without a desk, and a store that only inserts.
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as Database from "../src/adapters/postgres/Database.ts"
import { Config, parse } from "../src/Config.ts"
import { temporaryDirectory } from "../test/kit/Desk.ts"
import { type Figures, run } from "./HttpLoad.ts"

/** A bare uWebSockets.js server in a process of its own, under the same load generator. */
export const echo = async (inFlight: number, seconds: number, body: string): Promise<Figures> => {
  const child = spawn(process.execPath, ["--import", "tsx", new URL("echoServer.ts", import.meta.url).pathname], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  try {
    const url = await new Promise<string>((resolve) =>
      child.stdout.once("data", (data: Buffer) => resolve(data.toString().trim()))
    )
    return await run({ url, inFlight, seconds, path: "/echo", request: () => ({ headers: "", body }) })
  } finally {
    child.kill()
  }
}

const ROWS = 64
const ROUNDS = 300

const insertRows = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`create table if not exists bench_rows (id bigint primary key, body jsonb not null)`
  const row = { symbol: "BTCUSDT", side: "BUY", type: "MARKET", quantity: "0.001", padding: "x".repeat(150) }
  const began = performance.now()
  for (let round = 0; round < ROUNDS; round++) {
    const rows = Array.from({ length: ROWS }, (_, index) => ({ id: round * ROWS + index, body: row }))
    yield* sql`insert into bench_rows select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(id bigint, body jsonb)`
  }
  return Math.round((ROUNDS * ROWS * 1000) / (performance.now() - began))
})

const insertsInto = async (databaseUrl: string): Promise<number> => {
  const dataDir = temporaryDirectory()
  const config = Layer.effect(
    Config,
    Effect.orDie(parse({ DATABASE_URL: databaseUrl, DATA_DIR: dataDir, LOG_LEVEL: "none" }))
  )
  try {
    return await Effect.runPromise(Effect.provide(insertRows, Database.layer.pipe(Layer.provide(config))))
  } finally {
    fs.rmSync(dataDir, { recursive: true, force: true })
  }
}

/** Rows per second a store takes in groups of 64, one group after the other: the ceiling of group commit. */
export const batchedInserts = async (databaseUrl: string | undefined) => {
  const embedded = { storage: "PGlite", rowsPerSecond: await insertsInto("") }
  return databaseUrl === undefined
    ? [embedded]
    : [embedded, { storage: "PostgreSQL", rowsPerSecond: await insertsInto(databaseUrl) }]
}

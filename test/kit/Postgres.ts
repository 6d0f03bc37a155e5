// A throwaway PostgreSQL server, and a database of its own for each suite. Also PGlite in a directory that goes away.
import { PgClient } from "@effect/sql-pg"
import { Context, Effect, Layer, Redacted, type Scope } from "effect"
import { SqlClient } from "effect/sql"
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import * as net from "node:net"
import * as os from "node:os"
import * as path from "node:path"
import { createInterface } from "node:readline"
import { describe } from "vitest"
import * as Database from "../../src/adapters/postgres/Database.ts"
import { Config, parse, type Setting } from "../../src/Config.ts"

/** The folder with `initdb` and `postgres`: from the PATH, else where Debian puts them, newest first. */
const binaries = ((): string | undefined => {
  const versions = "/usr/lib/postgresql"
  const debian = fs.existsSync(versions)
    ? fs
        .readdirSync(versions)
        .toSorted((a, b) => Number(b) - Number(a))
        .map((version) => path.join(versions, version, "bin"))
    : []
  const folders = [...(process.env["PATH"] ?? "").split(path.delimiter), ...debian]
  return folders.find((folder) => ["initdb", "postgres"].every((name) => fs.existsSync(path.join(folder, name))))
})()

const skipped = binaries === undefined && process.env["CI"] === undefined
if (skipped) process.stderr.write("No PostgreSQL found (initdb, postgres): its suites are skipped.\n")

/** A `describe` that is skipped where there is no PostgreSQL; in CI it runs, and fails. */
export const describePostgres = describe.skipIf(skipped)

/** PostgreSQL refuses to run as root, so root lends it another user. */
const user = ((): { readonly uid: number; readonly gid: number } | undefined => {
  if (process.getuid?.() !== 0) return undefined
  const entries = fs.readFileSync("/etc/passwd", "utf8").split("\n")
  const fields = (entries.find((entry) => entry.startsWith("postgres:")) ?? "nobody:x:65534:65534").split(":")
  return { uid: Number(fields[2]), gid: Number(fields[3]) }
})()

const freePort = async (): Promise<number> => {
  const server = net.createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as net.AddressInfo
  server.close()
  await once(server, "close")
  return port
}

interface Running {
  readonly url: string
  readonly folder: string
  readonly child: ChildProcess
}

const start = async (): Promise<Running> => {
  if (binaries === undefined)
    throw new Error("No PostgreSQL found: initdb and postgres are neither on the PATH nor in /usr/lib/postgresql.")
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "outcry-postgres-"))
  const data = path.join(folder, "data")
  if (user !== undefined) fs.chownSync(folder, user.uid, user.gid)
  const options = { ...user, cwd: folder, env: { ...process.env, LC_ALL: "C" } }
  const initialise = ["-D", data, "-U", "outcry", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
  execFileSync(path.join(binaries, "initdb"), initialise, { ...options, stdio: "ignore" })
  const port = await freePort()
  const settings = ["listen_addresses=127.0.0.1", `port=${port}`, `unix_socket_directories=${folder}`, "fsync=off"]
  const child = spawn(
    path.join(binaries, "postgres"),
    ["-D", data, ...settings.flatMap((setting) => ["-c", setting])],
    {
      ...options,
      stdio: ["ignore", "ignore", "pipe"]
    }
  )
  const lines: Array<string> = []
  let ready = false
  for await (const line of createInterface({ input: child.stderr! })) {
    lines.push(line)
    ready = line.includes("ready to accept connections")
    if (ready) break
  }
  child.stderr!.resume()
  if (!ready) throw new Error(`PostgreSQL did not start:\n${lines.join("\n")}`)
  return { url: `postgres://outcry@127.0.0.1:${port}`, folder, child }
}

const stop = async ({ child, folder }: Running): Promise<void> => {
  if (child.exitCode === null) {
    const exited = once(child, "exit")
    // Fast shutdown: open sessions are rolled back and ended.
    child.kill("SIGINT")
    await exited
  }
  fs.rmSync(folder, { recursive: true, force: true })
}

/** A running server. `createDatabase` gives the address of a new, empty database in it. */
export class PostgresServer extends Context.Service<
  PostgresServer,
  { readonly createDatabase: Effect.Effect<string>; readonly pid: number; readonly folder: string }
>()("outcry/test/kit/PostgresServer") {
  static readonly layer = Layer.effect(
    PostgresServer,
    Effect.gen(function* () {
      const running = yield* Effect.acquireRelease(Effect.promise(start), (server) =>
        Effect.promise(() => stop(server))
      )
      let count = 0
      const createDatabase = Effect.gen(function* () {
        const name = `desk_${++count}`
        const sql = yield* SqlClient.SqlClient
        yield* sql`create database ${sql(name)}`
        return `${running.url}/${name}`
      }).pipe(
        Effect.provide(PgClient.layer({ url: Redacted.make(`${running.url}/postgres`), ssl: false }), { local: true }),
        Effect.orDie
      )
      return { createDatabase, pid: running.child.pid ?? 0, folder: running.folder }
    })
  )
}

/** The settings of a desk, with these instead of the defaults. */
export const config = (given: Partial<Record<Setting, string>>) => Layer.effect(Config, parse(given))

/** A directory that is removed with the scope. */
export const temporaryFolder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "outcry-"))),
  (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true }))
)

/** Settings that name a new database on the server. */
export const layerPostgresConfig = Layer.unwrap(
  Effect.gen(function* () {
    const server = yield* PostgresServer
    return config({ DATABASE_URL: yield* server.createDatabase })
  })
)

/** Settings that name an empty data directory, and with it PGlite. */
export const layerPgliteConfig = Layer.unwrap(Effect.map(temporaryFolder, (folder) => config({ DATA_DIR: folder })))

/** A migrated, empty database on a throwaway PostgreSQL server. Use inside `describePostgres`. */
export const layerPostgres = Layer.fresh(
  Database.layer.pipe(Layer.provideMerge(layerPostgresConfig), Layer.provideMerge(PostgresServer.layer))
)

/** A migrated, empty database on PGlite in a temporary directory. */
export const layerPglite = Layer.fresh(Database.layer.pipe(Layer.provideMerge(layerPgliteConfig)))

// A throwaway Redis server without a disk, which a test may stop, start again, and freeze.
import { Context, Effect, Layer, Redacted } from "effect"
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { createInterface } from "node:readline"
import { describe } from "vitest"
import { RedisClient } from "../../src/adapters/redis/RedisClient.ts"
import { freePort } from "./FreePort.ts"

const found = spawnSync("redis-server", ["--version"], { stdio: "ignore" }).status === 0
const skipped = !found && process.env["CI"] === undefined
if (skipped) process.stderr.write("No Redis found (redis-server): its suites are skipped.\n")

/** A `describe` that is skipped where there is no Redis; in CI it runs, and fails. */
export const describeRedis = describe.skipIf(skipped)

const launch = async (port: number, folder: string): Promise<ChildProcess> => {
  const child = spawn(
    "redis-server",
    ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder],
    { stdio: ["ignore", "pipe", "ignore"] }
  )
  // Without its binary a child says so by an event that nobody hearing it would make fatal.
  child.on("error", () => undefined)
  const lines: Array<string> = []
  let ready = false
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    ready = line.includes("Ready to accept connections")
    if (ready) break
  }
  child.stdout.resume()
  if (!ready) throw new Error(`redis-server did not start:\n${lines.join("\n")}`)
  return child
}

const kill = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, "exit")
  child.kill("SIGKILL")
  await exited
}

export class RedisServer extends Context.Service<
  RedisServer,
  {
    readonly url: string
    /** Kills it. What it held is gone. */
    readonly stop: Effect.Effect<void>
    /** Starts it again on the same port, empty. */
    readonly start: Effect.Effect<void>
    /** Stops its process from running: connections stay open, and nothing is answered. */
    readonly freeze: Effect.Effect<void>
    readonly thaw: Effect.Effect<void>
  }
>()("outcry/test/kit/RedisServer") {
  static readonly layer = Layer.effect(
    RedisServer,
    Effect.gen(function* () {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "outcry-redis-"))),
        (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true }))
      )
      const port = yield* Effect.promise(freePort)
      const server = { child: yield* Effect.promise(() => launch(port, folder)) }
      yield* Effect.addFinalizer(() => Effect.promise(() => kill(server.child)))
      return {
        url: `redis://127.0.0.1:${port}`,
        stop: Effect.promise(() => kill(server.child)),
        start: Effect.promise(async () => {
          server.child = await launch(port, folder)
        }),
        freeze: Effect.sync(() => void server.child.kill("SIGSTOP")),
        thaw: Effect.sync(() => void server.child.kill("SIGCONT"))
      }
    })
  )
}

/** A client of the server, as each process has one. Made anew wherever it is provided. */
export const layerClient = Layer.fresh(
  Layer.unwrap(Effect.map(RedisServer, ({ url }) => RedisClient.layer(Redacted.make(url))))
)

/** Done when the client has a connection. */
export const whenConnected = Effect.flatMap(RedisClient, (redis) =>
  Effect.callback<void>((resume) => {
    const undo = redis.onConnect(() => resume(Effect.void))
    if (redis.connected()) resume(Effect.void)
    return Effect.sync(undo)
  })
)

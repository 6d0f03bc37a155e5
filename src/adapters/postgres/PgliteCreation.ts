// Makes the files of a new embedded database in a process of its own: it takes half a gigabyte, which only the end of a process gives
// back whole. A thread's end leaves a hundred megabytes of it with the desk for good.
import { Effect, Schema } from "effect"
import { execFile } from "node:child_process"
import type { Worker } from "node:worker_threads"

export class CreationFailed extends Schema.TaggedError<CreationFailed>()("CreationFailed", {
  message: Schema.String
}) {}

/** How the worker of the embedded database is started. */
export type WorkerStart = ConstructorParameters<typeof Worker>

/** Ends with the desk, even one that is killed: its input then closes. Otherwise it would go on writing beside the next desk. */
const script = ([place, options]: WorkerStart): string => `
  const { Worker } = require("node:worker_threads")
  process.stdin.on("close", () => process.exit(1)).resume()
  const place = ${typeof place === "string" ? JSON.stringify(place) : `new URL(${JSON.stringify(place.href)})`}
  const worker = new Worker(place, ${JSON.stringify(options)})
  const fail = (message) => process.stderr.write(message, () => process.exit(1))
  worker.on("error", (error) => fail(error.message))
  worker.on("message", ({ type, message }) => {
    if (type === "ready") worker.postMessage({ type: "close" })
    if (type === "closed") process.exit(0)
    if (type === "failed") fail(message)
  })`

/** Starts the database once and closes it, which leaves its files complete. */
export const create = (start: WorkerStart): Effect.Effect<void, CreationFailed> =>
  Effect.callback((resume) => {
    const child = execFile(process.execPath, ["-e", script(start)], (error, _output, said) => {
      const message = said.trim().split("\n")[0] || error?.message || ""
      resume(error === null ? Effect.void : Effect.fail(new CreationFailed({ message })))
    })
    return Effect.sync(() => void child.kill("SIGKILL"))
  })

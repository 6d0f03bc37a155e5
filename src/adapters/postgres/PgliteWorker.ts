// The embedded PostgreSQL, on a thread of its own: a commit computes here and never stops the desk.
import { PGlite } from "@electric-sql/pglite"
import { parentPort, workerData } from "node:worker_threads"

/** What the desk's thread says. `channel` counts the connections made so far; an answer carries the one it belongs to. */
export type ToWorker =
  | { readonly type: "open"; readonly channel: number }
  | { readonly type: "bytes"; readonly channel: number; readonly bytes: Uint8Array }
  | { readonly type: "close" }

/** What the worker answers, one `bytes` for every `bytes`. */
export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "bytes"; readonly channel: number; readonly bytes: Uint8Array }
  | { readonly type: "failed"; readonly channel: number; readonly message: string }
  | { readonly type: "closed" }

export interface WorkerInput {
  readonly dataDir: string
  /** Server settings, `name=value`. */
  readonly settings: ReadonlyArray<string>
}

const port = parentPort
if (port === null) throw new Error("PgliteWorker is started as a worker thread, not by itself.")

const { dataDir, settings } = workerData as WorkerInput
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
const answer = (message: FromWorker) => port.postMessage(message)
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

const database = await PGlite.create({
  dataDir,
  startParams: [...PGlite.defaultStartParams, ...settings.flatMap((setting) => ["-c", setting])]
})
answer({ type: "ready" })

// There is one session for the life of the process: what a lost connection left behind must not reach the next one.
const reset = async () => {
  await database.exec("rollback")
  await database.exec("discard all")
}

const handle = async (message: ToWorker) => {
  switch (message.type) {
    case "open":
      return reset()
    case "bytes":
      return answer({
        type: "bytes",
        channel: message.channel,
        bytes: await database.execProtocolRaw(message.bytes)
      })
    case "close": {
      await database.close()
      answer({ type: "closed" })
      return port.close()
    }
  }
}

let last: Promise<void> = Promise.resolve()
port.on("message", (message: ToWorker) => {
  last = last.then(() =>
    handle(message).catch((error: unknown) => {
      const channel = message.type === "close" ? 0 : message.channel
      answer({ type: "failed", channel, message: messageOf(error) })
    })
  )
})

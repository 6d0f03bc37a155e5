// PGlite in a worker thread, seen from the desk's thread: a stream that speaks the PostgreSQL wire protocol.
import { Deferred, Effect, Schema, type Scope } from "effect"
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { Duplex } from "node:stream"
import { Worker } from "node:worker_threads"
import { create } from "./PgliteCreation.ts"
import type { FromWorker, ToWorker, WorkerInput } from "./PgliteWorker.ts"

export class PgliteError extends Schema.TaggedError<PgliteError>()("PgliteError", { message: Schema.String }) {}

/** Written once the files are complete: a folder without it is what a start that was killed left behind. */
const COMPLETE = "outcry-complete"

/**
 * Opens the database in `folder` and gives a factory of connections to it, for `PgClient`'s `stream`. One connection at a time: the
 * embedded server has one session, and a new connection resets what the former left. Should the thread die, the next connection
 * starts another. Closing the scope writes everything out and stops the thread.
 */
export const open = Effect.fnUntraced(function* (
  folder: string,
  settings: ReadonlyArray<string>
): Effect.fn.Return<() => Duplex, PgliteError, Scope.Scope> {
  const marker = path.join(folder, COMPLETE)
  if (!existsSync(marker)) {
    yield* attempt(folder, () => setAside(folder))
    yield* Effect.mapError(
      create(source({ dataDir: folder, settings })),
      ({ message }) => new PgliteError({ message: `The embedded database cannot be made in ${folder}: ${message}.` })
    )
    yield* attempt(folder, () => writeFileSync(marker, ""))
  }
  const server = yield* start(folder, settings)
  return server.connect
})

const start = Effect.fnUntraced(function* (dataDir: string, settings: ReadonlyArray<string>) {
  const server = yield* Effect.acquireRelease(
    Effect.sync(() => new Server({ dataDir, settings })),
    (started) => started.close
  )
  yield* server.ready
  return server
})

const attempt = (folder: string, work: () => void): Effect.Effect<void, PgliteError> =>
  Effect.try({
    try: work,
    catch: (error) =>
      new PgliteError({
        message: `The embedded database cannot use ${folder}: ${error instanceof Error ? error.message : String(error)}.`
      })
  })

/** Moved rather than removed, should it be a person's after all. */
const setAside = (folder: string): void => {
  if (!existsSync(folder)) return
  rmSync(`${folder}.unfinished`, { recursive: true, force: true })
  renameSync(folder, `${folder}.unfinished`)
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
// The bytes are a copy of their own, so they can be handed over instead of copied once more.
const post = (worker: Worker, message: ToWorker): void =>
  worker.postMessage(message, message.type === "bytes" ? [message.bytes.buffer as ArrayBuffer] : [])

class Server {
  readonly input: WorkerInput
  readonly ready: Effect.Effect<void, PgliteError>
  private readonly booted = Deferred.makeUnsafe<void, PgliteError>()
  private readonly closed = Deferred.makeUnsafe<void>()
  private readonly connections = new Map<number, Connection>()
  private channels = 0
  private closing = false
  private worker: Worker | undefined

  constructor(input: WorkerInput) {
    this.input = input
    this.ready = Deferred.await(this.booted)
    this.worker = this.start()
  }

  readonly connect = (): Duplex => {
    const worker = (this.worker ??= this.start())
    const channel = ++this.channels
    const connection = new Connection(
      (message) => post(worker, message),
      channel,
      () => this.connections.delete(channel)
    )
    this.connections.set(channel, connection)
    return connection
  }

  get close(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.closing = true
      const { worker } = this
      if (worker === undefined) return Effect.void
      post(worker, { type: "close" })
      return Deferred.await(this.closed)
    })
  }

  private start(): Worker {
    const worker = new Worker(...source(this.input))
    worker.on("message", (message: FromWorker) => this.receive(message))
    worker.on("error", (error) => this.lost(worker, error instanceof Error ? error.message : String(error)))
    worker.on("exit", () => this.lost(worker, "its thread ended"))
    return worker
  }

  private receive(message: FromWorker): void {
    switch (message.type) {
      case "ready":
        return void Deferred.doneUnsafe(this.booted, Effect.void)
      case "bytes":
        return this.connections.get(message.channel)?.answered(message.bytes)
      case "failed":
        return this.closing
          ? void Deferred.doneUnsafe(this.closed, Effect.void)
          : void this.connections.get(message.channel)?.destroy(new Error(message.message))
      case "closed":
        return void Deferred.doneUnsafe(this.closed, Effect.void)
    }
  }

  private lost(worker: Worker, why: string): void {
    if (this.worker !== worker) return
    this.worker = undefined
    const message = `The embedded database stopped: ${why}.`
    Deferred.doneUnsafe(this.booted, Effect.fail(new PgliteError({ message })))
    Deferred.doneUnsafe(this.closed, Effect.void)
    for (const connection of this.connections.values()) connection.destroy(new Error(message))
  }
}

/** The bundle has the worker as a file of its own beside it; from the sources it is TypeScript, which tsx loads. */
const source = (workerData: WorkerInput): ConstructorParameters<typeof Worker> => {
  if (!import.meta.url.endsWith(".ts")) {
    // This module may have been put into dist/chunks.
    const places = ["./pglite-worker.js", "../pglite-worker.js"].map((place) => new URL(place, import.meta.url))
    return [places.find((place) => existsSync(place)) ?? places[0]!, { workerData, execArgv: [] }]
  }
  const tsx = import.meta.resolve("tsx/esm/api")
  const file = new URL("./PgliteWorker.ts", import.meta.url).href
  const load = `import(${JSON.stringify(tsx)}).then((tsx) => tsx.tsImport(${JSON.stringify(file)}, ${JSON.stringify(file)}))`
  return [load, { workerData, eval: true, execArgv: [] }]
}

/** https://www.postgresql.org/docs/current/protocol-message-formats.html: CancelRequest's length and code. */
const CANCEL_REQUEST = [0, 0, 0, 16, 4, 210, 22, 46]
/** Statements on their way to the worker at once; more wait here. */
const PIPELINED = 4
const TERMINATE = 0x58

class Connection extends Duplex {
  private readonly post: (message: ToWorker) => void
  private readonly channel: number
  private readonly gone: () => void
  private opened = false
  private unanswered = 0
  private written: (() => void) | undefined

  constructor(post: (message: ToWorker) => void, channel: number, gone: () => void) {
    super()
    this.post = post
    this.channel = channel
    this.gone = gone
  }

  answered(bytes: Uint8Array): void {
    if (bytes.length > 0) this.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    this.unanswered--
    const written = this.written
    this.written = undefined
    written?.()
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    // One session cannot be cancelled from beside: the statement runs to its end. And a goodbye would end the server itself.
    if (!this.opened && CANCEL_REQUEST.every((byte, index) => chunk[index] === byte)) {
      done()
      return void this.destroy()
    }
    if (chunk[0] === TERMINATE && chunk.length === 5) return done()
    if (!this.opened) this.post({ type: "open", channel: this.channel })
    this.opened = true
    this.post({ type: "bytes", channel: this.channel, bytes: new Uint8Array(chunk) })
    // The next statement waits in the worker's own queue, so that the database never waits for the desk's thread between two.
    if (++this.unanswered < PIPELINED) done()
    else this.written = done
  }

  override _final(done: () => void): void {
    this.push(null)
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.gone()
    done(error)
  }
}

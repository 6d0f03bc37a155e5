// One process at a time in a data directory: two servers on the same files would destroy them.
import { Effect, Schema, type Scope } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"

/** Another process works in the directory, or the directory cannot be written. */
export class DataDirBusy extends Schema.TaggedError<DataDirBusy>()("DataDirBusy", { message: Schema.String }) {}

const Holder = Schema.Struct({ pid: Schema.Int, started: Schema.String })
const decodeHolder = Schema.decodeUnknownOption(Schema.fromJsonString(Holder))

/**
 * Holds `dataDir` for this process until the scope closes. The lock of a process that was killed is taken over: its pid is gone, or,
 * where the system tells start times (Linux), belongs to another process by now. Fails with `DataDirBusy`.
 */
export const hold = (dataDir: string): Effect.Effect<void, DataDirBusy, Scope.Scope> =>
  Effect.asVoid(
    Effect.acquireRelease(
      Effect.try({
        try: () => take(dataDir),
        catch: (error) =>
          error instanceof DataDirBusy
            ? error
            : new DataDirBusy({ message: `The data directory ${dataDir} cannot be used: ${messageOf(error)}.` })
      }),
      (file) => Effect.sync(() => fs.rmSync(file, { force: true }))
    )
  )

/** The process that holds `dataDir` now, where one does. */
export const holder = (dataDir: string): number | undefined => {
  const found = decodeHolder(readOrEmpty(path.join(dataDir, "lock")))
  return found._tag === "Some" && isAlive(found.value) ? found.value.pid : undefined
}

const take = (dataDir: string): string => {
  fs.mkdirSync(dataDir, { recursive: true })
  const file = path.join(dataDir, "lock")
  const mine = JSON.stringify({ pid: process.pid, started: startOf(process.pid) })
  const draft = `${file}.${process.pid}`
  fs.writeFileSync(draft, mine)
  try {
    // A link appears with its content or not at all, so nobody ever reads a half-written lock.
    if (link(draft, file)) return file
    const found = readOrEmpty(file)
    const holder = decodeHolder(found)
    if (holder._tag === "Some" && isAlive(holder.value)) throw busy(dataDir, holder.value.pid)
    const stale = `${draft}.stale`
    fs.renameSync(file, stale)
    const taken = readOrEmpty(stale)
    // Somebody else may have replaced the stale lock between the two looks at it: then it is theirs.
    if (taken !== found) link(stale, file)
    fs.rmSync(stale, { force: true })
    if (taken === found && link(draft, file)) return file
    throw busy(dataDir, undefined)
  } finally {
    fs.rmSync(draft, { force: true })
  }
}

const busy = (dataDir: string, pid: number | undefined) =>
  new DataDirBusy({
    message:
      `The data directory ${dataDir} is in use by ${pid === undefined ? "another process" : `process ${pid}`}. ` +
      "Stop that one, or give this one its own DATA_DIR."
  })

const link = (from: string, to: string): boolean => {
  try {
    fs.linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false
    throw error
  }
}

const readOrEmpty = (file: string): string => {
  try {
    return fs.readFileSync(file, "utf8")
  } catch {
    return ""
  }
}

const isAlive = (holder: typeof Holder.Type): boolean => {
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false
  }
  // Killed, and not yet collected by its parent: it holds nothing any more.
  if (statOf(holder.pid)[0] === "Z") return false
  const started = startOf(holder.pid)
  return started === "" || holder.started === "" || started === holder.started
}

/** When a process started: boot id and clock ticks since boot. A pid alone is used again soon, in containers at once. Empty off Linux. */
const startOf = (pid: number): string => {
  const boot = readOrEmpty("/proc/sys/kernel/random/boot_id").trim()
  const started = statOf(pid)[19]
  return boot === "" || started === undefined || started === "" ? "" : `${boot}:${started}`
}

/** Fields after the command name, which itself may hold blanks and brackets: proc(5); the first is the state, the 20th starttime. */
const statOf = (pid: number): ReadonlyArray<string> => {
  const stat = readOrEmpty(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

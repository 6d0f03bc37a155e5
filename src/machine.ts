// What a checkup finds of the machine, and how a finding looks: Node.js, open files, disk.
import * as fs from "node:fs"
import * as path from "node:path"
import type { Values } from "./Config.ts"

export interface Finding {
  /** `warn`: the desk trades, but something wants to be looked at. `fail`: it should not trade like this. */
  readonly health: "ok" | "warn" | "fail"
  readonly says: string
  /** What to do about it. */
  readonly advice?: string
}

export const ok = (says: string): Finding => ({ health: "ok", says })
export const warn = (says: string, advice: string): Finding => ({ health: "warn", says, advice })
export const fail = (says: string, advice: string): Finding => ({ health: "fail", says, advice })

/** As package.json says. */
const LEAST_NODE = [20, 19] as const

export const node = (version: string): Finding => {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number)
  const [least, leastMinor] = LEAST_NODE
  return major > least || (major === least && minor >= leastMinor)
    ? ok(`Node.js ${version}.`)
    : fail(`Node.js ${version} is too old.`, `Install ${least}.${leastMinor} or newer.`)
}

/** A thousand viewers, each of them a socket, and what the desk needs itself. */
const MANY_FILES = 4_096
/** The database, the page, the exchange, and a few viewers. */
const FEWEST_FILES = 256

/** `limit`: how many files a process may have open, as `ulimit -n` says it; `undefined` where nobody tells. */
export const openFiles = (limit: string | undefined): Finding => {
  if (limit === undefined) return ok("This system does not tell how many files may be open.")
  const many = limit === "unlimited" ? Number.POSITIVE_INFINITY : Number(limit)
  if (many >= MANY_FILES) return ok(`${limit} files and sockets may be open at once.`)
  const says = `Only ${limit} files and sockets may be open at once; every viewer needs one.`
  const advice = `Raise it: \`ulimit -n ${MANY_FILES}\` in the shell that starts the desk, or LimitNOFILE of its service.`
  return many < FEWEST_FILES ? fail(says, advice) : warn(says, advice)
}

/** From Linux, where it is a file; elsewhere from Node's own report of the process. */
export const openFileLimit = (): string | undefined => {
  try {
    return /^Max open files\s+(\S+)/m.exec(fs.readFileSync("/proc/self/limits", "utf8"))?.[1]
  } catch {
    const report = process.report.getReport() as { readonly userLimits?: Record<string, { readonly soft?: unknown }> }
    const limit = report.userLimits?.["open_files"]?.soft
    return limit === undefined ? undefined : String(limit)
  }
}

const GIGABYTE = 1e9
/** The journal of a busy day. */
const PLENTY_BYTES = 2 * GIGABYTE
/** The embedded database needs as much for its log alone. */
const LEAST_BYTES = 0.3 * GIGABYTE

export const space = (folder: string, freeBytes: number): Finding => {
  const says = `${(freeBytes / GIGABYTE).toFixed(1)} GB are free for ${folder}.`
  if (freeBytes >= PLENTY_BYTES) return ok(says)
  const advice = "Make room, or move DATA_DIR: an order is only taken once it is written down."
  return freeBytes < LEAST_BYTES ? fail(says, advice) : warn(says, advice)
}

/** Whether what the desk keeps can be written to DATA_DIR. */
export const disk = ({ dataDir }: Values): Finding => {
  const folder = path.resolve(dataDir)
  try {
    const existing = nearest(folder)
    fs.accessSync(existing, fs.constants.W_OK | fs.constants.X_OK)
    const { bavail, bsize } = fs.statfsSync(existing)
    return space(folder, bavail * bsize)
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "no reason was given"
    return fail(
      `The data directory ${folder} cannot be written (${code}).`,
      "Give its owner to the user of the desk, or set DATA_DIR."
    )
  }
}

const nearest = (folder: string): string => (fs.existsSync(folder) ? folder : nearest(path.dirname(folder)))

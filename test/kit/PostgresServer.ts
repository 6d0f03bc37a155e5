// A throwaway PostgreSQL server: a process of its own on a free port, in a directory that goes away with it.
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { createInterface } from "node:readline"
import { freePort } from "./FreePort.ts"

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

/** PostgreSQL refuses to run as root, so root lends it another user. */
const user = ((): { readonly uid: number; readonly gid: number } | undefined => {
  if (process.getuid?.() !== 0) return undefined
  const entries = fs.readFileSync("/etc/passwd", "utf8").split("\n")
  const fields = (entries.find((entry) => entry.startsWith("postgres:")) ?? "nobody:x:65534:65534").split(":")
  return { uid: Number(fields[2]), gid: Number(fields[3]) }
})()

/** A server that runs. */
export interface Running {
  readonly url: string
  readonly folder: string
  readonly pid: number
  /** Ends it, open sessions too, and removes what it stored. */
  readonly stop: () => Promise<void>
}

/** Whether there are binaries to start a server with. */
export const isInstalled = binaries !== undefined

/**
 * An empty server on a free port, with a user `outcry` who needs no password. Rejects where PostgreSQL's binaries are missing.
 * `fsync` false spares the disk: for tests, which never cut the power.
 */
export const start = async (options: { readonly fsync: boolean }): Promise<Running> => {
  if (binaries === undefined)
    throw new Error("No PostgreSQL found: initdb and postgres are neither on the PATH nor in /usr/lib/postgresql.")
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "outcry-postgres-"))
  const data = path.join(folder, "data")
  if (user !== undefined) fs.chownSync(folder, user.uid, user.gid)
  const spawning = { ...user, cwd: folder, env: { ...process.env, LC_ALL: "C" } }
  const initialise = ["-D", data, "-U", "outcry", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
  execFileSync(path.join(binaries, "initdb"), initialise, { ...spawning, stdio: "ignore" })
  const port = await freePort()
  const settings = [
    "listen_addresses=127.0.0.1",
    `port=${port}`,
    `unix_socket_directories=${folder}`,
    `fsync=${options.fsync ? "on" : "off"}`
  ]
  const child = spawn(
    path.join(binaries, "postgres"),
    ["-D", data, ...settings.flatMap((setting) => ["-c", setting])],
    {
      ...spawning,
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
  return {
    url: `postgres://outcry@127.0.0.1:${port}`,
    folder,
    pid: child.pid ?? 0,
    stop: () => stop(child, folder)
  }
}

const stop = async (child: ChildProcess, folder: string): Promise<void> => {
  if (child.exitCode === null) {
    const exited = once(child, "exit")
    // Fast shutdown: open sessions are rolled back and ended.
    child.kill("SIGINT")
    await exited
  }
  fs.rmSync(folder, { recursive: true, force: true })
}

// Writes the recording of one symbol, as Recording.ts reads it: a line a message, a gzip member a second. Each member is whole by itself:
// a process that is killed leaves at most the last one cut, and every file begins anew.
import { promisify } from "node:util"
import { gzip } from "node:zlib"
import { open, type FileHandle } from "node:fs/promises"
import * as path from "node:path"

const compress = promisify(gzip)

/** Names tried within one second. */
const MAX_NAMES = 1_000
/** Characters that wait for a disk that does not keep up, at most. */
const MAX_WAITING = 64_000_000

export interface Rotation {
  readonly bytes: number
  readonly millis: number
}

export class RecordingFile {
  messages = 0
  /** On the disk, of all files. */
  bytes = 0
  readonly files: Array<string> = []
  readonly symbol: string
  private readonly folder: string
  private readonly rotation: Rotation
  private handle: FileHandle | undefined
  private lines: Array<string> = []
  private waiting = 0
  private fileBytes = 0
  private begunAt = 0
  /** One thing after the other: whoever gives up waiting does not undo what was begun. */
  private work: Promise<unknown> = Promise.resolve()

  constructor(symbol: string, folder: string, rotation: Rotation) {
    this.symbol = symbol
    this.folder = folder
    this.rotation = rotation
  }

  /** False where more waits than memory should hold: the disk does not keep up. `at` is Unix time in nanoseconds. */
  add(at: bigint, json: string): boolean {
    // A line is a message: white space between JSON's tokens is the only place where a line could end.
    const line = `${at} ${json.includes("\n") ? json.replaceAll(/[\r\n]+/g, " ") : json}\n`
    this.lines.push(line)
    this.waiting += line.length
    this.messages++
    return this.waiting <= MAX_WAITING
  }

  /** Writes what waits. True where the file was full, and the next message begins another one. Rejects with the system's error. */
  flush(now: number, stamp: string): Promise<boolean> {
    return this.after(() => this.write(now, stamp))
  }

  /** Writes what waits, and makes sure that it is on the disk. */
  close(now: number, stamp: string): Promise<void> {
    return this.after(async () => {
      try {
        await this.write(now, stamp)
      } finally {
        await this.end()
      }
    })
  }

  private after<A>(work: () => Promise<A>): Promise<A> {
    const done = this.work.then(work)
    this.work = done.catch(() => undefined)
    return done
  }

  private async write(now: number, stamp: string): Promise<boolean> {
    if (this.lines.length === 0) return false
    const text = this.lines.join("")
    this.lines = []
    this.waiting = 0
    const member = await compress(text)
    this.handle ??= await this.begin(now, stamp)
    await this.handle.writeFile(member)
    this.fileBytes += member.length
    this.bytes += member.length
    if (this.fileBytes < this.rotation.bytes && now - this.begunAt < this.rotation.millis) return false
    await this.end()
    return true
  }

  private async begin(now: number, stamp: string): Promise<FileHandle> {
    this.begunAt = now
    this.fileBytes = 0
    for (let attempt = 1; ; attempt++) {
      const suffix = attempt === 1 ? "" : `-${attempt}`
      const file = path.join(this.folder, `${this.symbol.toLowerCase()}_${stamp}${suffix}.gz`)
      try {
        // Never into a file that is there: its last member may be cut, and what follows a cut could not be read.
        const handle = await open(file, "wx")
        this.files.push(file)
        return handle
      } catch (error) {
        const taken = error instanceof Error && "code" in error && error.code === "EEXIST"
        if (!taken || attempt === MAX_NAMES) throw error
      }
    }
  }

  private async end(): Promise<void> {
    const { handle } = this
    this.handle = undefined
    if (handle === undefined) return
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  }
}

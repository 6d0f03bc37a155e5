// Reads recordings: one line a message, `<receive time, unix ns> <raw JSON>`, gzip or plain, several files merged by receive time.
// Decoded chunk by chunk: a day of data never sits in memory.
import { constants, createGunzip } from "node:zlib"
import { open, type FileHandle } from "node:fs/promises"
import type { Readable } from "node:stream"
import { Effect } from "effect"
import { MarketSourceError } from "../../ports/MarketSource.ts"

/** A longer line is torn: the largest real one, a snapshot of 5,000 levels a side, has about 300,000 characters. */
const MAX_LINE = 4_000_000
const CHUNK_BYTES = 262_144
/** Digits of a time in nanoseconds, from 2001 to 2286. */
const NANOSECOND_DIGITS = 19

export interface Line {
  /** Receive time, epoch milliseconds with a fraction. */
  readonly receivedAt: number
  readonly value: unknown
  /** Which of the files it came from. */
  readonly file: number
}

class FileReader {
  /** Lines that are not `<unix ns> <JSON>`. */
  skipped = 0
  ended = false
  readonly file: number
  private readonly handle: FileHandle
  private readonly source: Readable
  private readonly chunks: AsyncIterator<string>
  private lines: Array<string> = []
  private index = 0
  private rest = ""
  private skipping = false
  private next: Line | undefined

  private constructor(file: number, handle: FileHandle, source: Readable) {
    this.file = file
    this.handle = handle
    this.source = source
    this.chunks = source.setEncoding("utf8")[Symbol.asyncIterator]()
  }

  static async open(path: string, file: number): Promise<FileReader> {
    const handle = await open(path, "r")
    try {
      const { buffer, bytesRead } = await handle.read(new Uint8Array(2), 0, 2, 0)
      const raw = handle.createReadStream({ start: 0, highWaterMark: CHUNK_BYTES, autoClose: false })
      if (bytesRead < 2 || buffer[0] !== 0x1f || buffer[1] !== 0x8b) return new FileReader(file, handle, raw)
      // A recorder that was killed leaves a gzip stream without its end: what is there is still good.
      const gunzip = createGunzip({ chunkSize: CHUNK_BYTES, finishFlush: constants.Z_SYNC_FLUSH })
      raw.on("error", (error) => gunzip.destroy(error))
      return new FileReader(file, handle, raw.pipe(gunzip))
    } catch (failure) {
      await handle.close()
      throw failure
    }
  }

  /** The next line without taking it; `undefined` where more must be read, or nothing is left. */
  peek(): Line | undefined {
    while (this.next === undefined && this.index < this.lines.length) {
      const text = this.lines[this.index++]!
      if (text === "" || text === "\r") continue
      this.next = parseLine(text, this.file)
      if (this.next === undefined) this.skipped++
    }
    return this.next
  }

  take(): void {
    this.next = undefined
  }

  /** Reads on. Damage in the middle of a file ends it there, counted as one torn line. */
  async fill(): Promise<void> {
    const chunk = await this.chunks.next().catch(() => {
      this.skipped++
      return { done: true, value: undefined }
    })
    this.index = 0
    if (chunk.done === true) {
      this.lines = this.skipping ? [] : [this.rest]
      this.rest = ""
      this.ended = true
      return
    }
    this.lines = (this.rest + chunk.value).split("\n")
    this.rest = this.lines.pop() ?? ""
    if (this.skipping && this.lines.length > 0) {
      this.lines.shift()
      this.skipping = false
    }
    if (this.rest.length > MAX_LINE) {
      if (!this.skipping) this.skipped++
      this.skipping = true
      this.rest = ""
    }
  }

  async close(): Promise<void> {
    this.source.destroy()
    await this.handle.close().catch(() => undefined)
  }
}

const parseLine = (text: string, file: number): Line | undefined => {
  if (text.charCodeAt(NANOSECOND_DIGITS) !== 32) return undefined
  const stamp = text.slice(0, NANOSECOND_DIGITS)
  if (!/^\d+$/.test(stamp)) return undefined
  try {
    return { receivedAt: Number(stamp) / 1e6, value: JSON.parse(text.slice(NANOSECOND_DIGITS + 1)), file }
  } catch {
    return undefined
  }
}

/** One pass over several files as one sequence. */
export class Recording {
  private readonly readers: ReadonlyArray<FileReader>

  constructor(readers: ReadonlyArray<FileReader>) {
    this.readers = readers
  }

  get skipped(): number {
    return this.readers.reduce((sum, reader) => sum + reader.skipped, 0)
  }

  /** The earliest line, `"read on"` where `fill` must be called before it is known, or `"end"`. */
  peek(): Line | "read on" | "end" {
    let earliest: Line | undefined
    for (const reader of this.readers) {
      const line = reader.peek()
      if (line === undefined) {
        if (!reader.ended) return "read on"
      } else if (earliest === undefined || line.receivedAt < earliest.receivedAt) earliest = line
    }
    return earliest ?? "end"
  }

  take(line: Line): void {
    this.readers[line.file]?.take()
  }

  async fill(): Promise<void> {
    for (const reader of this.readers) {
      if (!reader.ended && reader.peek() === undefined) await reader.fill()
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.readers.map((reader) => reader.close()))
  }
}

/** Opens every file. The caller closes the recording. Fails with a sentence naming the file that cannot be read. */
export const openRecording = Effect.fnUntraced(function* (files: ReadonlyArray<string>) {
  const readers: Array<FileReader> = []
  for (const [file, path] of files.entries()) {
    readers.push(
      yield* Effect.tryPromise({
        try: () => FileReader.open(path, file),
        catch: (cause) =>
          new MarketSourceError({ message: `The recording ${path} cannot be read: ${reasonOf(cause)}.` })
      }).pipe(Effect.tapError(() => Effect.promise(() => new Recording(readers).close())))
    )
  }
  return new Recording(readers)
})

const reasonOf = (cause: unknown): string => {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined
  if (code === "ENOENT") return "there is no such file"
  if (code === "EACCES") return "reading it is not allowed"
  if (code === "EISDIR") return "it is a folder"
  return cause instanceof Error ? cause.message : "unknown reason"
}

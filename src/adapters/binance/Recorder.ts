// Records live streams as they come: every frame with the moment it was received, and a depth snapshot wherever a book begins.
import { Clock, Console, DateTime, Deferred, Effect, Exit, Queue, Schema, type Scope } from "effect"
import { mkdir } from "node:fs/promises"
import { MarketSourceError } from "../../ports/MarketSource.ts"
import * as HttpCalls from "./HttpCalls.ts"
import { streamsOf } from "./LiveStreams.ts"
import { MarketPace } from "./MarketPace.ts"
import type { Proxy } from "./Proxy.ts"
import { RecordingFile, type Rotation } from "./RecordingFile.ts"
import * as StreamSocket from "./StreamSocket.ts"
import * as Wire from "./Wire.ts"

/** Nothing more can be recorded; the message says why, and what becomes of what was. */
export class RecordError extends Schema.TaggedError<RecordError>()("RecordError", { message: Schema.String }) {}

export interface RecordOptions {
  readonly symbols: ReadonlyArray<string>
  readonly folder: string
  /** Bases without a slash at the end. */
  readonly restUrl: string
  readonly streamUrl: string
  readonly proxy: Proxy
  readonly rotation: Rotation
  /** Ends once so many bytes are written, or so much time has passed. */
  readonly maxBytes?: number
  readonly maxMillis?: number
}

const FLUSH = "1 second"
const PROGRESS_MILLIS = 10_000
/** Between a lost connection and the next one: doubled each time, unless the last one was good for a while. */
const FIRST_WAIT_MILLIS = 1_000
const MOST_WAIT_MILLIS = 30_000
/** The first diffs are waited for before a snapshot is asked for: one that is older than they are would be of no use. */
const DIFFS_FIRST = "500 millis"
const SNAPSHOT_TRIES = 5
const SNAPSHOT_LEVELS = 1_000
const SNAPSHOT_MILLIS = 12_000

interface Track {
  readonly file: RecordingFile
  /** First update id since the connection was made; undefined before the first diff. */
  firstUpdateId: number | undefined
}

/** Runs until a bound is reached or it is interrupted; what was received is on the disk then. */
export const record = (options: RecordOptions): Effect.Effect<void, RecordError | MarketSourceError, Scope.Scope> =>
  Effect.gen(function* () {
    const { folder, maxBytes = Number.POSITIVE_INFINITY, maxMillis, rotation, symbols } = options
    const clock = yield* Clock.Clock
    const call = yield* HttpCalls.make(options.restUrl, options.proxy)
    yield* onDisk(folder, () => mkdir(folder, { recursive: true }))
    const tracks = new Map(
      symbols.map((symbol): [string, Track] => [
        symbol,
        { file: new RecordingFile(symbol, folder, rotation), firstUpdateId: undefined }
      ])
    )
    const files = [...tracks.values()].map(({ file }) => file)
    const stopped = yield* Deferred.make<void, RecordError>()
    const add = ({ file }: Track, json: string) => {
      if (file.add(clock.currentTimeNanosUnsafe(), json)) return
      const message = `The disk under ${folder} does not keep up with the market. What was written before is whole.`
      Deferred.doneUnsafe(stopped, Exit.fail(new RecordError({ message })))
    }
    const onText = (text: string) => {
      const track = tracks.get(symbolOf(text))
      if (track === undefined) return
      add(track, text)
      track.firstUpdateId ??= firstIdOf(text)
    }
    const snapshot = (symbol: string, track: Track) =>
      Effect.map(askDepth(call, symbol, track), (json) => add(track, json))
    /** Symbols whose next file has begun: each can be played by itself. */
    const begun = yield* Queue.dropping<string>(symbols.length)
    const connection = connect(options, onText, tracks, snapshot)
    const flush = Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      for (const file of files) {
        if (yield* onDisk(folder, () => file.flush(now, stampOf(now)))) Queue.offerUnsafe(begun, file.symbol)
      }
    })
    let toldAt = yield* Clock.currentTimeMillis
    const write = Effect.gen(function* () {
      yield* Effect.sleep(FLUSH)
      yield* flush
      const now = yield* Clock.currentTimeMillis
      if (now - toldAt < PROGRESS_MILLIS) return
      toldAt = now
      yield* Console.log(`${timeOf(now)}  ${progress(files)}`)
    })
    const again = Effect.flatMap(Queue.take(begun), (symbol) => Effect.ignore(snapshot(symbol, tracks.get(symbol)!)))
    const bounds = [
      Effect.forever(connection),
      Effect.forever(again),
      Effect.repeat(write, { until: () => bytesOf(files) >= maxBytes }),
      Deferred.await(stopped),
      ...(maxMillis === undefined ? [] : [Effect.sleep(maxMillis)])
    ]
    yield* Effect.raceAllFirst(bounds).pipe(
      Effect.ensuring(
        Effect.gen(function* () {
          const now = yield* Clock.currentTimeMillis
          for (const file of files) yield* Effect.ignore(onDisk(folder, () => file.close(now, stampOf(now))))
          if (bytesOf(files) > 0) yield* Console.log(`Recorded ${progress(files)}.`)
          for (const file of files.flatMap(({ files }) => files)) yield* Console.log(`  ${file}`)
        })
      )
    )
  })

/** One connection after the other. The first failure before anything was received is the caller's; later ones are told and mended. */
const connect = (
  { proxy, streamUrl, symbols }: RecordOptions,
  onText: (text: string) => void,
  tracks: ReadonlyMap<string, Track>,
  snapshot: (symbol: string, track: Track) => Effect.Effect<void, MarketSourceError>
): Effect.Effect<void, MarketSourceError> => {
  const pace = new MarketPace()
  let [received, wait] = [false, FIRST_WAIT_MILLIS]
  const once = Effect.scoped(
    Effect.gen(function* () {
      const lost = yield* Deferred.make<never, MarketSourceError>()
      for (const track of tracks.values()) track.firstUpdateId = undefined
      yield* pace.turn
      yield* StreamSocket.open({
        baseUrl: streamUrl,
        proxy,
        streams: symbols.flatMap(streamsOf),
        onText,
        onLost: (message) => Deferred.doneUnsafe(lost, Exit.fail(new MarketSourceError({ message })))
      })
      yield* Effect.sleep(DIFFS_FIRST)
      for (const [symbol, track] of tracks) yield* snapshot(symbol, track)
      received = true
      return yield* Deferred.await(lost)
    })
  )
  return Effect.gen(function* () {
    const begun = yield* Clock.currentTimeMillis
    const error = yield* Effect.flip(once)
    if (!received) return yield* error
    const now = yield* Clock.currentTimeMillis
    wait = now - begun > MOST_WAIT_MILLIS ? FIRST_WAIT_MILLIS : Math.min(2 * wait, MOST_WAIT_MILLIS)
    yield* Console.log(`${timeOf(now)}  ${error.message} Trying again in ${wait / 1_000} s.`)
    yield* Effect.sleep(wait)
  })
}

/** The raw text of a snapshot that joins the diffs received. */
const askDepth = (call: HttpCalls.HttpCalls, symbol: string, track: Track): Effect.Effect<string, MarketSourceError> =>
  Effect.gen(function* () {
    for (let attempt = 1; attempt <= SNAPSHOT_TRIES; attempt++) {
      const path = `/api/v3/depth?symbol=${symbol}&limit=${SNAPSHOT_LEVELS}`
      const { body, status } = yield* call({ method: "GET", path, headers: {}, deadlineMillis: SNAPSHOT_MILLIS }).pipe(
        Effect.mapError(({ message }) => new MarketSourceError({ message }))
      )
      const value = parsed(body)
      if (status !== 200 || !Wire.isDepthSnapshot(value)) {
        const { msg = "no reason given" } = Object(value) as { readonly msg?: unknown }
        const why = `status ${status}, ${String(msg).slice(0, 200).replace(/\.$/, "")}`
        return yield* new MarketSourceError({ message: `There is no depth snapshot of ${symbol}: ${why}.` })
      }
      if (value.lastUpdateId + 1 >= (track.firstUpdateId ?? 0)) return body
      yield* Effect.sleep(DIFFS_FIRST)
    }
    return yield* new MarketSourceError({ message: `No usable depth snapshot of ${symbol} came.` })
  })

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const ENVELOPE = '{"stream":"'

/** Of a frame in its envelope; empty for answers, announcements, and what cannot be read. */
const symbolOf = (text: string): string => {
  if (!text.startsWith(ENVELOPE)) return ""
  const end = text.indexOf("@", ENVELOPE.length)
  return end === -1 ? "" : text.slice(ENVELOPE.length, end).toUpperCase()
}

const firstIdOf = (text: string): number | undefined => {
  if (!text.includes("depthUpdate")) return undefined
  const frame = Wire.payload(parsed(text))
  return frame !== undefined && Wire.isDepthUpdate(frame) ? frame.U : undefined
}

const onDisk = <A>(folder: string, write: () => Promise<A>): Effect.Effect<A, RecordError> =>
  Effect.tryPromise({
    try: write,
    catch: (cause) =>
      new RecordError({
        message: `Nothing can be written to ${folder}: ${reasonOf(cause)}. What was written before is whole.`
      })
  })

const reasonOf = (cause: unknown): string => {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined
  if (code === "ENOSPC") return "the disk is full"
  if (code === "EFBIG") return "no larger file is allowed here"
  if (code === "EDQUOT") return "the quota of this user is used up"
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") return "writing there is not allowed"
  if (code === "ENOTDIR" || code === "EEXIST") return "it is no folder"
  return cause instanceof Error ? cause.message : "unknown reason"
}

const bytesOf = (files: ReadonlyArray<RecordingFile>) => files.reduce((sum, { bytes }) => sum + bytes, 0)

const progress = (files: ReadonlyArray<RecordingFile>): string =>
  files.map(({ bytes, messages, symbol }) => `${symbol} ${messages} messages, ${sizeOf(bytes)}`).join("; ")

const sizeOf = (bytes: number): string =>
  bytes < 1_000_000 ? `${Math.ceil(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`

const isoOf = (millis: number) => DateTime.formatIso(DateTime.makeUnsafe(millis))
/** 20261126T151200Z: sorts by time, and is a name everywhere. */
const stampOf = (millis: number) => `${isoOf(millis).slice(0, 19).replaceAll(/[-:]/g, "")}Z`
const timeOf = (millis: number) => isoOf(millis).slice(11, 19)

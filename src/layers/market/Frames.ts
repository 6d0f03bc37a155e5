// What the source's frames came to: how many were messages, and how many were left out for which reason.
import { Clock, Effect, Metric } from "effect"
import { type MarketSource, skipReasons, type Skipped, type SkipReason } from "../../ports/MarketSource.ts"

const frames = Metric.counter("outcry_market_frames_total", {
  description: "Frames of the market's source: `message`, or the reason why it was left out",
  incremental: true
})
const outcome = (name: "message" | SkipReason) => Metric.withAttributes(frames, { outcome: name })

const EVERY_MILLIS = 1_000
/** A market that sends frames nobody can read says so all the time: once in this long is enough for a log. */
const TOLD_EVERY_MILLIS = 60_000

/** Reasons that mean that something is lost; the others are frames that no market is made of. */
const worthTelling = (reason: string): reason is SkipReason => reason in skipReasons && reason !== "control"

export class Frames {
  private readonly source: MarketSource["Service"]
  private messages = 0
  private counted: Skipped = {}
  private told: Skipped = {}
  private toldAt = Number.NEGATIVE_INFINITY
  private lookedAt = Number.NEGATIVE_INFINITY

  constructor(source: MarketSource["Service"]) {
    this.source = source
  }

  /** One frame became a message. */
  note(): void {
    this.messages++
  }

  /** Once a second: the metrics, and a warning where frames were lost. */
  readonly account: Effect.Effect<void> = Effect.gen({ self: this }, function* () {
    const now = yield* Clock.currentTimeMillis
    if (now - this.lookedAt < EVERY_MILLIS) return
    this.lookedAt = now
    const messages = this.messages
    this.messages = 0
    if (messages > 0) yield* Metric.update(outcome("message"), messages)
    const skipped = yield* this.source.skipped
    for (const [reason, count] of Object.entries(since(this.counted, skipped))) {
      yield* Metric.update(outcome(reason as SkipReason), count)
    }
    this.counted = skipped
    if (now - this.toldAt < TOLD_EVERY_MILLIS) return
    const lost = Object.entries(since(this.told, skipped)).filter(([reason]) => worthTelling(reason))
    if (lost.length === 0) return
    this.told = skipped
    this.toldAt = now
    yield* Effect.logWarning(`Frames of the market were left out: ${lost.map(phrase).join("; ")}.`)
  })
}

const since = (before: Skipped, now: Skipped): Skipped =>
  Object.fromEntries(
    Object.entries(now).flatMap(([reason, count]) => {
      const more = count - (before[reason as SkipReason] ?? 0)
      return more > 0 ? [[reason, more]] : []
    })
  )

const phrase = ([reason, count]: readonly [string, number]): string =>
  `${count} for ${skipReasons[reason as SkipReason]}`

// The state of the line to the desk, and the one place where frames of the feed enter the stores.
import { batch, signal } from "@preact/signals"
import type { Topic } from "../../src/contract/Feed.ts"
import { type LinkState, makeLink, type Socket } from "../link.ts"
import { type Batch, makeInbox } from "./Inbox.ts"
import * as Token from "./Token.ts"

export const state = signal<LinkState>("off")
/** How often the link came up: whoever holds copies of REST data asks again when this changes. */
export const ups = signal(0)
/** Milliseconds from PING to PONG. */
export const roundTripMillis = signal<number | undefined>(undefined)
/** Milliseconds from the market's event to this page, by the server's clock; `undefined` for a recorded market's own time. */
export const feedLagMillis = signal<number | undefined>(undefined)
/** Milliseconds from the click to the answer PENDING, of the last order. */
export const pendingMillis = signal<number | undefined>(undefined)
/** The server's clock less ours. */
export const clockOffsetMillis = signal(0)
/** Why updates are late or the link was closed, in the server's words; until it is live again. */
export const trouble = signal<string | undefined>(undefined)

/** A market whose clock is further off than this is not on wall time: then a lag would be nonsense. */
const PLAUSIBLE_LAG_MILLIS = 60_000
/** A hidden page paints nothing; it still has to take in what comes, a few times a second. */
const HIDDEN_FLUSH_MILLIS = 250

const handlers: Array<(batch: Batch) => void> = []
export const onBatch = (handler: (batch: Batch) => void): void => void handlers.push(handler)

const apply = (incoming: Batch): void =>
  batch(() => {
    for (const note of incoming.notes) {
      if (note.type === "LIVE") {
        ups.value++
        trouble.value = undefined
      }
      if (note.type === "LAGGING" || note.type === "ERROR") trouble.value = note.data.message
    }
    for (const handler of handlers) handler(incoming)
    for (const price of incoming.prices.values()) {
      const lag = Date.now() + clockOffsetMillis.peek() - price.at
      feedLagMillis.value = Math.abs(lag) < PLAUSIBLE_LAG_MILLIS ? Math.max(0, lag) : undefined
    }
  })

const inbox = makeInbox(
  (flush) =>
    document.visibilityState === "hidden"
      ? setTimeout(flush, HIDDEN_FLUSH_MILLIS)
      : requestAnimationFrame(() => flush()),
  apply
)

const open = (): Socket => {
  const scheme = location.protocol === "https:" ? "wss" : "ws"
  return new WebSocket(`${scheme}://${location.host}/ws`) as Socket
}

const link = makeLink({
  open,
  receive: inbox.receive,
  changed: (next) => void (state.value = next),
  refused: () => Token.forget("Your session has ended. Log in again."),
  measured: (millis, serverTime) => {
    roundTripMillis.value = millis
    clockOffsetMillis.value = serverTime - (Date.now() - millis / 2)
  },
  after: (millis, run) => {
    const timer = setTimeout(run, millis)
    return () => clearTimeout(timer)
  },
  now: () => performance.now(),
  random: () => Math.random()
})

export const subscribe = (topic: Topic): (() => void) => link.subscribe(topic)
export const start = (token: string, accountId: string | undefined): void => link.start(token, accountId)
export const stop = (): void => {
  link.stop()
  inbox.flush()
  roundTripMillis.value = feedLagMillis.value = pendingMillis.value = undefined
}

export const listen = (): void => {
  addEventListener("online", link.hurry)
  document.addEventListener("visibilitychange", () => {
    inbox.flush()
    if (document.visibilityState === "visible") link.hurry()
  })
}

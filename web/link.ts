// The only socket of the page: authenticates, subscribes, notices death, comes back and resumes where it stood.
import type { ClientMessage, ServerMessage, Topic } from "../src/contract/Feed.ts"
import * as Sequence from "./Sequence.ts"

/** `waiting` between two attempts; `lagging` while the server itself says that updates are late. */
export type LinkState = "off" | "connecting" | "live" | "lagging" | "waiting"

/** The part of WebSocket used here. */
export interface Socket {
  readonly readyState: number
  addEventListener(type: "open", listener: () => void): void
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: "close", listener: (event: { readonly code: number }) => void): void
  addEventListener(type: "error", listener: () => void): void
  send(text: string): void
  close(): void
}

export interface LinkOptions {
  readonly open: () => Socket
  readonly receive: (messages: ReadonlyArray<ServerMessage>) => void
  readonly changed: (state: LinkState) => void
  /** The server does not know this token (any more). */
  readonly refused: (message: string) => void
  readonly measured: (roundTripMillis: number, serverTime: number) => void
  /** Runs once after some milliseconds; the result cancels. */
  readonly after: (millis: number, run: () => void) => () => void
  readonly now: () => number
  readonly random: () => number
}

export interface Link {
  /** Follows the account named, or the first one. */
  readonly start: (token: string, accountId?: string) => void
  readonly stop: () => void
  /** Counted: the topic is left when the last of its subscribers has gone. */
  readonly subscribe: (topic: Topic) => () => void
  /** Skips the rest of a wait, when the network or the person came back. */
  readonly hurry: () => void
}

const PING_MILLIS = 5_000
/** Two pings unanswered: the link is dead even if no one said so. */
const SILENCE_MILLIS = 12_000
const FIRST_RETRY_MILLIS = 250
const LAST_RETRY_MILLIS = 10_000
const OPEN = 1
const UNAUTHORIZED_CLOSE = 4401
const REFUSED = new Set(["UNAUTHORIZED", "TOKEN_EXPIRED", "TOKEN_INVALID"])

/** Exponential, with jitter over the upper half, so that many pages do not come back in step. */
export const retryMillis = (attempt: number, random: number): number =>
  Math.min(LAST_RETRY_MILLIS, FIRST_RETRY_MILLIS * 2 ** Math.min(attempt, 10)) * (0.5 + random / 2)

const nothing = () => {}

/** A frame holds one message or an array of them. */
const read = (text: string): ReadonlyArray<ServerMessage> | undefined => {
  try {
    const frame = JSON.parse(text) as ServerMessage | ReadonlyArray<ServerMessage>
    return Array.isArray(frame) ? (frame as ReadonlyArray<ServerMessage>) : [frame as ServerMessage]
  } catch {
    return undefined
  }
}

export const makeLink = (options: LinkOptions): Link => {
  const topics = new Map<Topic, number>()
  let token: string | undefined
  let account: string | undefined
  let socket: Socket | undefined
  let state: LinkState = "off"
  let sequence = Sequence.unknown
  let attempt = 0
  let heardAt = 0
  let pingedAt = 0
  let cancelTimer = nothing

  const become = (next: LinkState) => {
    if (next === state) return
    state = next
    options.changed(next)
  }
  const send = (message: ClientMessage) => {
    if (socket?.readyState === OPEN) socket.send(JSON.stringify(message))
  }
  const drop = () => {
    cancelTimer()
    const old = socket
    // Whatever the old one still says is no longer heard.
    socket = undefined
    old?.close()
  }
  const reconnect = (waitMillis: number) => {
    drop()
    if (token === undefined) return
    become("waiting")
    cancelTimer = options.after(waitMillis, connect)
  }
  const lost = () => reconnect(retryMillis(attempt++, options.random()))
  const refuse = (message: string) => {
    stop()
    options.refused(message)
  }

  const connect = () => {
    if (token === undefined) return
    drop()
    become("connecting")
    sequence = Sequence.replaying(sequence)
    heardAt = options.now()
    const opened = options.open()
    socket = opened
    const current = () => socket === opened
    opened.addEventListener("open", () => {
      if (current()) greet()
    })
    opened.addEventListener("message", ({ data }) => {
      if (current()) hear(String(data))
    })
    opened.addEventListener("close", ({ code }) => {
      if (!current()) return
      if (code === UNAUTHORIZED_CLOSE) refuse("Your session has ended. Log in again.")
      else lost()
    })
    // Every error is followed by a close, which tells more.
    opened.addEventListener("error", nothing)
    // An attempt may hang as long as a connection that fell silent.
    cancelTimer = options.after(SILENCE_MILLIS, lost)
  }

  const greet = () => {
    heardAt = options.now()
    const from = Sequence.resumeFrom(sequence)
    send({
      type: "AUTH",
      token: token!,
      ...(account === undefined ? {} : { accountId: account }),
      ...(from === undefined ? {} : { from })
    })
    if (topics.size > 0) send({ type: "SUBSCRIBE", topics: [...topics.keys()] })
    beat()
  }

  const beat = () => {
    cancelTimer()
    if (options.now() - heardAt >= SILENCE_MILLIS) return lost()
    pingedAt = options.now()
    send({ type: "PING" })
    cancelTimer = options.after(PING_MILLIS, beat)
  }

  const hear = (text: string) => {
    heardAt = options.now()
    const messages = read(text)
    // A frame that cannot be read may have held anything: what is known for certain lies before it.
    if (messages === undefined) return lost()
    const taken: Array<ServerMessage> = []
    for (const message of messages) {
      const verdict = judge(message)
      if (verdict === "take") taken.push(message)
      if (verdict === "gap" || socket === undefined) break
    }
    if (taken.length > 0) options.receive(taken)
  }

  const judge = (message: ServerMessage): Sequence.Verdict => {
    switch (message.type) {
      case "ORDER_UPDATE":
      case "BALANCE_UPDATE":
      case "POSITION_UPDATE": {
        const [verdict, next] = Sequence.onUpdate(sequence, message)
        sequence = next
        // Something between was lost: ask again from the last number that is certain.
        if (verdict === "gap") reconnect(0)
        return verdict
      }
      case "SNAPSHOT":
        sequence = Sequence.onSnapshot(sequence, message.seq)
        return "take"
      case "LIVE":
        sequence = Sequence.onLive(sequence, message.seq)
        attempt = 0
        become("live")
        return "take"
      case "LAGGING":
        become("lagging")
        return "take"
      case "PONG":
        options.measured(options.now() - pingedAt, message.data.serverTime)
        return "skip"
      case "ERROR":
        if (REFUSED.has(message.data.code.toUpperCase())) refuse(message.data.message)
        return "take"
      default:
        return "take"
    }
  }

  const start = (given: string, accountId?: string) => {
    // The numbers of one account say nothing about another's.
    if (given !== token || accountId !== account) sequence = Sequence.unknown
    token = given
    account = accountId
    attempt = 0
    connect()
  }
  const stop = () => {
    token = undefined
    sequence = Sequence.unknown
    drop()
    become("off")
  }

  return {
    start,
    stop,
    hurry: () => {
      if (state === "waiting") connect()
    },
    subscribe: (topic) => {
      const holders = topics.get(topic) ?? 0
      topics.set(topic, holders + 1)
      if (holders === 0) send({ type: "SUBSCRIBE", topics: [topic] })
      let held = true
      return () => {
        if (!held) return
        held = false
        const left = (topics.get(topic) ?? 1) - 1
        if (left > 0) return void topics.set(topic, left)
        topics.delete(topic)
        send({ type: "UNSUBSCRIBE", topics: [topic] })
      }
    }
  }
}

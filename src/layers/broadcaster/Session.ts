// One socket's share of the feed: what waits for it, how far it has come, and what happens when it is slow.
import { Latch } from "effect"
import type { ServerMessage, Topic } from "../../contract/Feed.ts"
import type { AccountId, UserId } from "../../domain/Ids.ts"
import { frameOf, text } from "./Frames.ts"
import { CLOSE_POLICY, MAX_WAITING_ANSWERS, MAX_WAITING_TRADES, MAX_WAITING_UPDATES } from "./Limits.ts"

/** An account update on its way to a socket. */
export interface Numbered {
  readonly seq: number
  readonly text: string
}

/** The account a socket follows. */
export interface Following {
  readonly accountId: AccountId
  readonly userId: UserId
  /** Epoch milliseconds: when the token that opened it ends. */
  readonly expiresAt: number
  /** The last seq put in line for the socket. Means nothing while `behind` asks for a snapshot. */
  seq: number
  /** Set while the socket does not follow live: what it has seen last, or nothing it could go on from. */
  behind: { readonly from: number | undefined } | undefined
  /** Came in while behind. */
  backlog: Array<Numbered>
  /** The backlog overflowed and was dropped, or more may have been lost since the store was asked: it has to be asked again. */
  missed: boolean
}

export class Session {
  /** Opened when something waits. */
  readonly wake: Latch.Latch = Latch.makeUnsafe()
  /** Opened when the socket has room and its account is to be caught up with. */
  readonly catchUp: Latch.Latch = Latch.makeUnsafe()
  readonly topics: Set<Topic> = new Set()
  following: Following | undefined
  closing: { readonly code: number; readonly reason: string } | undefined
  /** The client was told that it lags. */
  lagging = false
  private answers: Array<string> = []
  private updates: Array<string> = []
  private newest = new Map<Topic, string>()
  private trades = new Map<Topic, ReadonlyArray<string>>()

  /** Messages that are neither market nor account: WELCOME, PONG, ERROR. */
  answer(message: ServerMessage): void {
    if (this.closing !== undefined) return
    this.answers.push(text(message))
    if (this.answers.length > MAX_WAITING_ANSWERS) this.closing = { code: CLOSE_POLICY, reason: "ANSWERS_NOT_READ" }
    this.wake.openUnsafe()
  }

  /** Says why, then closes. */
  fail(code: string, message: string, closeCode: number): void {
    this.answer({ type: "ERROR", data: { code, message } })
    this.closing ??= { code: closeCode, reason: code }
    this.wake.openUnsafe()
  }

  /** Whoever holds the account's updates is behind, or out of reach. Said once, until the socket is level again. */
  lag(message: string): void {
    if (this.lagging || this.following === undefined) return
    this.lagging = true
    this.answer({ type: "LAGGING", data: { message } })
  }

  /** Newest wins. */
  market(topic: Topic, message: string): void {
    this.newest.set(topic, message)
    this.wake.openUnsafe()
  }

  trade(topic: Topic, messages: ReadonlyArray<string>): void {
    const waiting = this.trades.get(topic)
    this.trades.set(topic, (waiting === undefined ? messages : [...waiting, ...messages]).slice(-MAX_WAITING_TRADES))
    this.wake.openUnsafe()
  }

  /** Nothing more of a topic goes out, not even what already waits. */
  drop(topic: Topic): void {
    this.topics.delete(topic)
    this.newest.delete(topic)
    this.trades.delete(topic)
  }

  /** Follows an account from now on; `from` is the last seq the client has seen. */
  follow(account: Pick<Following, "accountId" | "userId" | "expiresAt">, from: number | undefined): void {
    this.updates = []
    this.following = { ...account, seq: from ?? 0, behind: { from }, backlog: [], missed: false }
    this.wake.openUnsafe()
  }

  /** The next update of the account. Anything out of turn starts a catch-up; nothing is skipped, and nothing said twice. */
  update(update: Numbered): void {
    const { following } = this
    if (following === undefined) return
    if (following.behind !== undefined) {
      following.backlog.push(update)
      if (following.backlog.length <= MAX_WAITING_UPDATES) return
      following.backlog = []
      following.missed = true
      return
    }
    if (update.seq <= following.seq) return
    if (update.seq > following.seq + 1) {
      following.backlog = [update]
      return this.fallBehind(following.seq)
    }
    this.put(following, update.text, update.seq)
  }

  /** Live no longer: catch up from `from`, or from a snapshot where that is unknown. */
  fallBehind(from: number | undefined): void {
    const { following } = this
    if (following === undefined) return
    if (following.behind !== undefined && from !== undefined) {
      following.missed = true
      return
    }
    following.behind = { from }
    this.wake.openUnsafe()
  }

  /**
   * The catch-up's result: `texts` end at `seq`. What came meanwhile follows where it fits on without a hole; false where the socket is
   * behind again at once.
   */
  caughtUp(following: Following, texts: ReadonlyArray<string>, seq: number): boolean {
    // Another account was asked for meanwhile; that starts a catch-up of its own.
    if (this.following !== following) return true
    const { backlog, missed } = following
    following.backlog = []
    following.missed = false
    following.behind = undefined
    following.seq = seq
    for (const each of texts) if (!isBehind(following)) this.put(following, each, seq)
    for (const update of backlog) this.update(update)
    if (missed) this.fallBehind(following.seq)
    if (isBehind(following)) return false
    this.lagging = false
    this.put(following, text({ type: "LIVE", seq: following.seq }), following.seq)
    return true
  }

  private put(following: Following, update: string, seq: number): void {
    following.seq = seq
    this.updates.push(update)
    if (this.updates.length > MAX_WAITING_UPDATES) {
      this.updates = []
      following.backlog = []
      this.fallBehind(undefined)
      return
    }
    this.wake.openUnsafe()
  }

  /** Everything that waits, as one frame. */
  take(): string | undefined {
    const texts = [...this.answers, ...this.updates, ...this.newest.values()]
    for (const messages of this.trades.values()) texts.push(...messages)
    this.answers = []
    this.updates = []
    if (this.newest.size > 0) this.newest = new Map()
    if (this.trades.size > 0) this.trades = new Map()
    return texts.length === 0 ? undefined : frameOf(texts)
  }
}

/** Asked anew each time: putting updates in line can change it. */
const isBehind = ({ behind }: Following): boolean => behind !== undefined

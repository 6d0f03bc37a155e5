// One connection to the stream server: what it listens to, in which form, and how far it is behind.
import type { Duplex } from "node:stream"
import type { WebSocket } from "ws"
import type { Target } from "../faults/Fault.ts"
import type { FaultHooks } from "../faults/Faults.ts"
import type { Attached } from "../faults/StreamFaults.ts"
import * as Control from "./Control.ts"
import type { Form, Message } from "./Message.ts"
import { frameOf } from "./Message.ts"
import type { Unit } from "./Payloads.ts"
import { GOING_AWAY, MAX_NAME, POLICY, type StreamLimits } from "./StreamLimits.ts"
import type { Streams } from "./Streams.ts"
import type { Subscriber, Topic } from "./Topic.ts"

const SECOND = 1_000

export interface SessionOptions {
  readonly socket: WebSocket
  /** The connection under the socket: shared frames are written to it as they are. */
  readonly wire: Duplex
  readonly streams: Streams
  readonly limits: StreamLimits
  readonly now: () => number
  readonly faults: FaultHooks
  /** Tells of the server's shutdown. */
  readonly farewell: () => Message
  readonly combined: boolean
  readonly unit: Unit
  /** Called when the session begins to hold written bytes back, once until `release`. */
  readonly onHeld: (session: StreamSession) => void
}

export class StreamSession implements Subscriber {
  readonly connectedAt: number
  private readonly options: SessionOptions
  /** By name, in the order subscribed to; `undefined` for names that mean nothing. */
  private readonly topics = new Map<string, Topic | undefined>()
  /** Of streams that state a whole, the newest message that waits until the reader has caught up. One a stream. */
  private readonly late = new Map<Topic, Message>()
  private form: Form
  private held = false
  private ended = false
  private secondAt = 0
  private inbound = 0
  private pingedAt: number
  /** When the pings were sent that are not answered, oldest first: as many as the patience has room for. */
  private unanswered: ReadonlyArray<number> = []
  private attached: Attached | undefined
  /** A message that is delayed holds up those behind it, until then; 0 for none. */
  private heldUntil = 0

  constructor(options: SessionOptions) {
    const { combined, faults, now, socket, unit, wire } = options
    this.options = options
    this.form = { combined, unit }
    this.connectedAt = now()
    this.pingedAt = this.connectedAt
    // A faulty frame closes the connection by itself; there is nobody else to tell.
    socket.on("error", () => undefined)
    socket.on("ping", (payload: Buffer) => {
      if (this.heard() && socket.readyState === socket.OPEN && !faults.frozen(this.target)) socket.pong(payload)
    })
    socket.on("pong", (payload: Buffer) => {
      if (this.heard()) this.answered(payload.toString())
    })
    socket.on("message", (data, binary) => {
      if (this.heard() && !binary) this.control(String(data))
    })
    wire.on("drain", () => this.catchUp())
  }

  private get target(): Target {
    return { streams: [...this.topics.keys()] }
  }

  /** Bytes written that the reader has not taken. */
  get backlog(): number {
    return this.options.wire.writableLength
  }

  /** The streams in a connection's address. More than it may listen to closes it. */
  begin(names: ReadonlyArray<string>): void {
    if (!this.subscribe(names)) return this.end(POLICY, Control.TOO_MANY_STREAMS)
    this.attached = this.options.faults.attach(
      {
        target: () => this.target,
        announceShutdown: () => this.write(this.options.farewell().frame(this.form)),
        close: (code, reason) => this.end(code, reason),
        reset: () => {
          this.leave()
          this.options.socket.terminate()
        }
      },
      this.connectedAt
    )
  }

  send(topic: Topic, message: Message, mayBeReplaced: boolean): void {
    const { faults, now } = this.options
    if (faults.quiet && this.heldUntil === 0) return this.pass(topic, message, mayBeReplaced)
    const target = { streams: [topic.name] }
    if (faults.frozen(target)) return
    const at = now()
    if (this.heldUntil <= at) this.heldUntil = 0
    for (const { lateMillis, waitMillis } of faults.events(target, at, [message])) {
      if (faults.silenced(target, at)) continue
      if (waitMillis > 0) this.heldUntil = Math.max(this.heldUntil, at + waitMillis)
      const due = Math.max(0, this.heldUntil - at) + lateMillis
      if (due === 0) this.pass(topic, message, mayBeReplaced)
      else faults.later(due, () => this.pass(topic, message, mayBeReplaced))
    }
  }

  private pass(topic: Topic, message: Message, mayBeReplaced: boolean): void {
    if (this.ended) return
    const { limits } = this.options
    if (this.backlog > limits.lateBytes && mayBeReplaced) {
      this.late.set(topic, message)
      return
    }
    // What waited of this stream is older than what is sent now.
    this.late.delete(topic)
    this.write(message.frame(this.form))
    if (this.backlog > limits.backlogBytes) this.end(POLICY, "The messages were read too slowly.")
  }

  /** Lets go of what was held back since the turn began: one write for all of it. */
  release(): void {
    this.held = false
    this.options.wire.uncork()
  }

  /** Once a second: pings, and ends a connection whose time is over. */
  check(now: number): void {
    const { limits, socket } = this.options
    if (now - this.connectedAt >= limits.longestLifeMillis) return this.end(GOING_AWAY, "A connection lasts 24 hours.")
    const [oldest] = this.unanswered
    if (oldest !== undefined && now - oldest >= limits.pongWithinMillis) {
      this.leave()
      return socket.terminate()
    }
    if (now - this.pingedAt < limits.pingEveryMillis || this.options.faults.frozen(this.target)) return
    this.pingedAt = now
    this.unanswered = [...this.unanswered, now]
    socket.ping(String(now))
  }

  shutDown(message: Message): void {
    if (this.ended) return
    this.write(message.frame(this.form))
    this.end(GOING_AWAY, "The server shuts down.")
  }

  end(code: number, reason: string): void {
    if (this.ended) return
    this.leave()
    this.options.socket.close(code, reason)
  }

  /** Listens to nothing any more. */
  leave(): void {
    this.ended = true
    this.attached?.detach()
    for (const topic of this.topics.values()) if (topic !== undefined) this.options.streams.unsubscribe(this, topic)
    this.topics.clear()
    this.late.clear()
  }

  private write(frame: Buffer): void {
    const { onHeld, socket, wire } = this.options
    if (socket.readyState !== socket.OPEN) return
    if (!this.held) {
      this.held = true
      wire.cork()
      onHeld(this)
    }
    wire.write(frame)
  }

  /** A pong with the payload of a ping answers it and those before it; one with another payload answers nothing. */
  private answered(payload: string): void {
    const answered = this.unanswered.findIndex((sentAt) => String(sentAt) === payload)
    this.unanswered = this.unanswered.slice(answered + 1)
  }

  private catchUp(): void {
    // What finds no room again waits for the next time.
    const waiting = Array.from(this.late)
    this.late.clear()
    for (const [topic, message] of waiting) this.send(topic, message, true)
  }

  /** False once the connection has said more in a second than it may: then it is cut. */
  private heard(): boolean {
    if (this.ended) return false
    const now = this.options.now()
    if (now - this.secondAt >= SECOND) {
      this.secondAt = now
      this.inbound = 0
    }
    if (++this.inbound <= this.options.limits.inboundPerSecond) return true
    this.end(POLICY, "Too many requests")
    return false
  }

  private control(text: string): void {
    const control = Control.read(text)
    this.options.faults.whenThawed(this.target, () => this.write(frameOf(this.answer(control))))
  }

  private answer(control: Control.Control): string {
    const { id } = control
    switch (control.method) {
      case "refused":
        return Control.refusal(control.code, control.text, id)
      case "SUBSCRIBE":
        return this.subscribe(control.names)
          ? Control.answer("null", id)
          : Control.refusal(2, Control.TOO_MANY_STREAMS, id)
      case "UNSUBSCRIBE":
        for (const name of control.names) this.unsubscribe(name)
        return Control.answer("null", id)
      case "LIST_SUBSCRIPTIONS":
        return Control.answer(JSON.stringify([...this.topics.keys()]), id)
      case "SET_PROPERTY":
        this.form = { ...this.form, combined: control.combined }
        return Control.answer("null", id)
      case "GET_PROPERTY":
        return Control.answer(String(this.form.combined), id)
    }
  }

  /** All or none; false where they would be too many. */
  private subscribe(names: ReadonlyArray<string>): boolean {
    const fresh = [...new Set(names)].filter((name) => !this.topics.has(name))
    if (this.topics.size + fresh.length > this.options.limits.streamsPerConnection) return false
    if (fresh.some((name) => name.length > MAX_NAME)) return false
    for (const name of fresh) this.topics.set(name, this.options.streams.subscribe(this, name))
    this.attached?.changed(this.options.now())
    return true
  }

  private unsubscribe(name: string): void {
    const topic = this.topics.get(name)
    this.topics.delete(name)
    if (topic === undefined) return
    this.late.delete(topic)
    this.options.streams.unsubscribe(this, topic)
  }
}

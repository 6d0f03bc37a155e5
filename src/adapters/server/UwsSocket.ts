// A WebSocket of uWebSockets.js as an Effect Socket: pull what came, write many frames with one system call.
import type { NonEmptyReadonlyArray } from "effect/Array"
import { Effect } from "effect"
import { Socket } from "effect/socket"
import type { WebSocket } from "uWebSockets.js"
import { MAX_CLIENT_MESSAGE } from "../../contract/Feed.ts"
import { SOCKET_HIGH_WATER, SOCKET_UNREAD_MESSAGES } from "./Listen.ts"

type Resume<A> = (effect: Effect.Effect<A, Socket.SocketError>) => void
type Frames = NonEmptyReadonlyArray<string | Uint8Array>

const closed = (code: number, closeReason?: string) =>
  new Socket.SocketError({
    reason: new Socket.SocketCloseError({ code, ...(closeReason === undefined ? {} : { closeReason }) })
  })

/** uWebSockets.js copies the own properties of the user data it is given, so the connection is one of them. */
export interface UwsUser {
  readonly connection: UwsConnection
}

/** One upgraded connection. The native handlers call `on…`; everything else goes through `socket`. */
export class UwsConnection {
  private native: WebSocket<UwsUser> | undefined
  private ended: Socket.SocketError | undefined
  private unread: Array<string | Uint8Array> = []
  private reading: Resume<Frames> | undefined
  private draining: Array<Resume<void>> = []
  private readonly onEnd: () => void

  /** `onEnd` runs once, when the connection is gone. */
  constructor(onEnd: () => void) {
    this.onEnd = onEnd
  }

  onOpen(native: WebSocket<UwsUser>): void {
    this.native = native
  }

  /** `message` is only valid during the call. */
  onMessage(message: ArrayBuffer, isBinary: boolean): void {
    if (message.byteLength > MAX_CLIENT_MESSAGE) return this.end(1009, "message too long")
    const copy = Buffer.from(new Uint8Array(message))
    this.unread.push(isBinary ? copy : copy.toString("utf8"))
    if (this.reading !== undefined) {
      const resume = this.reading
      this.reading = undefined
      resume(Effect.succeed(this.takeUnread()))
    } else if (this.unread.length > SOCKET_UNREAD_MESSAGES) {
      this.end(1013, "messages come faster than they are read")
    }
  }

  onDrain(): void {
    if (this.draining.length === 0 || (this.native?.getBufferedAmount() ?? 0) > SOCKET_HIGH_WATER) return
    const waiting = this.draining
    this.draining = []
    for (const resume of waiting) resume(Effect.void)
  }

  onClose(code: number, reason: string): void {
    this.native = undefined
    this.ended ??= closed(code, reason === "" ? undefined : reason)
    const { ended } = this
    const resume = this.reading
    this.reading = undefined
    resume?.(this.unread.length > 0 ? Effect.succeed(this.takeUnread()) : Effect.fail(ended))
    const waiting = this.draining
    this.draining = []
    for (const drained of waiting) drained(Effect.fail(ended))
    this.onEnd()
  }

  /** Sends a close frame; frames written before go first. Harmless on a closed connection. */
  end(code: number, reason = ""): void {
    this.native?.end(code, reason)
  }

  private takeUnread(): Frames {
    const taken = this.unread
    this.unread = []
    return taken as unknown as Frames
  }

  private readonly pull = Effect.callback<Frames, Socket.SocketError>((resume) => {
    if (this.unread.length > 0) return resume(Effect.succeed(this.takeUnread()))
    if (this.ended !== undefined) return resume(Effect.fail(this.ended))
    this.reading = resume
    return Effect.sync(() => {
      if (this.reading === resume) this.reading = undefined
    })
  })

  private readonly drained = Effect.callback<void, Socket.SocketError>((resume) => {
    if (this.ended !== undefined) return resume(Effect.fail(this.ended))
    this.draining.push(resume)
    return Effect.sync(() => {
      this.draining = this.draining.filter((other) => other !== resume)
    })
  })

  private sendAll(frames: ReadonlyArray<string | Uint8Array>): Effect.Effect<void, Socket.SocketError> {
    const { native } = this
    if (native === undefined) return Effect.fail(this.ended ?? closed(1006))
    native.cork(() => {
      for (const frame of frames) native.send(frame, typeof frame !== "string")
    })
    if (this.native === undefined) return Effect.fail(this.ended ?? closed(1006))
    return native.getBufferedAmount() > SOCKET_HIGH_WATER ? this.drained : Effect.void
  }

  readonly socket: Socket.Socket = Socket.make({
    reader: Effect.succeed({ pull: this.pull, upgrade: Socket.SocketUpgradeError.unsupported }),
    writer: Effect.succeed({
      writeAll: (frames) => Effect.suspend(() => this.sendAll(frames)),
      write: (frame) =>
        Effect.suspend(() => {
          if (!Socket.isCloseEvent(frame)) return this.sendAll([frame])
          this.end(frame.code, frame.reason ?? "")
          return Effect.void
        })
    })
  })
}

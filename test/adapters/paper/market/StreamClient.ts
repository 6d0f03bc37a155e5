// A client of the streams, on a socket of its own. Knows nothing of the server's code.
import { Effect } from "effect"
import { WebSocket, type ClientOptions } from "ws"

export class StreamClient {
  /** Parsed, in the order they came. */
  readonly heard: Array<any> = []
  readonly pings: Array<string> = []
  readonly socket: WebSocket
  code: number | undefined
  reason = ""
  private waiting: Array<() => void> = []

  constructor(url: string, options: ClientOptions = {}) {
    this.socket = new WebSocket(url, options)
    this.socket.on("error", () => undefined)
    this.socket.on("open", () => this.check())
    this.socket.on("message", (data) => {
      this.heard.push(JSON.parse(String(data)))
      this.check()
    })
    this.socket.on("ping", (payload: Buffer) => {
      this.pings.push(String(payload))
      this.check()
    })
    this.socket.on("pong", () => this.check())
    this.socket.on("close", (code, reason) => {
      this.code = code
      this.reason = String(reason)
      this.check()
    })
  }

  private check(): void {
    for (const waiter of this.waiting) waiter()
  }

  say(message: unknown): void {
    this.socket.send(typeof message === "string" ? message : JSON.stringify(message))
  }

  /** Resolves once `ready` holds, asked anew with everything that comes. */
  until(ready: () => boolean): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      const waiter = () => {
        if (!ready()) return
        this.waiting = this.waiting.filter((other) => other !== waiter)
        resume(Effect.void)
      }
      this.waiting.push(waiter)
      waiter()
    })
  }

  /** Says it and gives the answer. */
  readonly ask = Effect.fnUntraced({ self: this }, function* (this: StreamClient, message: unknown) {
    const count = this.heard.length
    this.say(message)
    yield* this.until(() => this.heard.length > count)
    return this.heard[count]
  })

  /** The next message after those already heard. */
  readonly next = Effect.fnUntraced({ self: this }, function* (this: StreamClient, from: number) {
    yield* this.until(() => this.heard.length > from)
    return this.heard[from]
  })

  get closed(): Effect.Effect<number> {
    return Effect.map(
      this.until(() => this.code !== undefined),
      () => this.code!
    )
  }

  /** The server has handled everything that was said so far: it answered a control message after it. */
  readonly settled = Effect.fnUntraced({ self: this }, function* (this: StreamClient) {
    const id = `settled${this.heard.length}`
    this.say({ method: "GET_PROPERTY", params: ["combined"], id })
    yield* this.until(() => this.heard.some((message) => message.id === id) || this.code !== undefined)
  })
}

/** Open when it returns, or refused: then `code` is set. */
export const connect = Effect.fnUntraced(function* (url: string, options?: ClientOptions) {
  const client = yield* Effect.acquireRelease(
    Effect.sync(() => new StreamClient(url, options)),
    ({ socket }) => Effect.sync(() => socket.terminate())
  )
  yield* client.until(() => client.socket.readyState === client.socket.OPEN || client.code !== undefined)
  return client
})

// A client of the feed, on a socket of its own.
import { Effect } from "effect"
import { WebSocket } from "ws"

export type Message = { readonly type: string; readonly seq?: number; readonly data?: any }

/** Everything it heard, and a way to wait for more. */
export class Client {
  readonly heard: Array<Message> = []
  readonly socket: WebSocket
  code: number | undefined
  private waiting: Array<() => void> = []

  constructor(base: string, query: string) {
    this.socket = new WebSocket(`ws://${base}/ws${query}`)
    this.socket.on("error", () => undefined)
    this.socket.on("message", (data) => {
      const parsed = JSON.parse(String(data)) as Message | Array<Message>
      this.heard.push(...(Array.isArray(parsed) ? parsed : [parsed]))
      this.check()
    })
    this.socket.on("close", (code) => {
      this.code = code
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

  hears(type: string, seq?: number): Effect.Effect<void> {
    return this.until(() => this.heard.some((each) => each.type === type && (seq === undefined || each.seq === seq)))
  }

  get closed(): Effect.Effect<number> {
    return Effect.map(
      this.until(() => this.code !== undefined),
      () => this.code!
    )
  }

  /** Seqs of the account's updates, each once, in the order heard. */
  seqs(): ReadonlyArray<number> {
    const updates = this.heard.filter(({ type }) => type.endsWith("_UPDATE") && !type.startsWith("PRICE"))
    return [...new Set(updates.flatMap(({ seq }) => (seq === undefined ? [] : [seq])))]
  }
}

export const connect = (base: string, query: string) =>
  Effect.acquireRelease(
    Effect.sync(() => new Client(base, query)),
    ({ socket }) => Effect.sync(() => socket.terminate())
  )

// A load generator that costs little itself: raw sockets, one request in flight each, nothing parsed but status and body.
import * as net from "node:net"

export interface Answer {
  readonly status: number
  readonly body: string
}

/** One keep-alive connection to a loopback server. */
export class Connection {
  readonly #socket: net.Socket
  readonly #host: string
  #received = ""
  #waiting: ((answer: Answer) => void) | undefined
  #failed: ((error: Error) => void) | undefined

  private constructor(socket: net.Socket, host: string) {
    this.#socket = socket
    this.#host = host
    socket.setEncoding("latin1")
    socket.setNoDelay(true)
    socket.on("data", (chunk: string) => this.#receive(chunk))
    socket.on("error", (error) => this.#failed?.(error))
    socket.on("close", () => this.#failed?.(new Error("the server closed the connection")))
  }

  static open(url: URL): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = net.connect(Number(url.port), url.hostname)
      socket.once("connect", () => resolve(new Connection(socket, url.host)))
      socket.once("error", reject)
    })
  }

  post(path: string, headers: string, body: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting = resolve
      this.#failed = reject
      this.#socket.write(
        `POST ${path} HTTP/1.1\r\nHost: ${this.#host}\r\nContent-Type: application/json\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`
      )
    })
  }

  close(): void {
    this.#failed = undefined
    this.#socket.destroy()
  }

  #receive(chunk: string): void {
    this.#received += chunk
    const end = this.#received.indexOf("\r\n\r\n")
    if (end === -1) return
    const length = /content-length: (\d+)/i.exec(this.#received.slice(0, end))
    const total = end + 4 + Number(length?.[1] ?? 0)
    if (this.#received.length < total) return
    const answer = { status: Number(this.#received.slice(9, 12)), body: this.#received.slice(end + 4, total) }
    this.#received = this.#received.slice(total)
    this.#waiting?.(answer)
  }
}

export interface Figures {
  readonly perSecond: number
  readonly p50Millis: number
  readonly p99Millis: number
  readonly requests: number
}

/** Sorted copy's quantile, in the unit of the samples. */
export const quantile = (samples: ReadonlyArray<number>, share: number): number => {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

const round = (value: number) => Math.round(value * 100) / 100

export const figures = (samples: ReadonlyArray<number>, elapsedMillis: number): Figures => ({
  perSecond: Math.round((samples.length * 1000) / elapsedMillis),
  p50Millis: round(quantile(samples, 0.5)),
  p99Millis: round(quantile(samples, 0.99)),
  requests: samples.length
})

/** Keeps `inFlight` requests going for `seconds`, each on its own connection; a status that is not 2xx ends the run. */
export const run = async (options: {
  readonly url: string
  readonly inFlight: number
  readonly seconds: number
  readonly path: string
  /** Headers (each ended by CRLF) and body of the next request of a connection; `query` is appended to the path. */
  readonly request: (connection: number) => {
    readonly headers: string
    readonly body: string
    readonly query?: string
  }
  readonly onAnswer?: (answer: Answer, startedAt: number) => void
}): Promise<Figures> => {
  const url = new URL(options.url)
  const connections = await Promise.all(Array.from({ length: options.inFlight }, () => Connection.open(url)))
  const samples: Array<number> = []
  const began = performance.now()
  const until = began + options.seconds * 1000
  await Promise.all(
    connections.map(async (connection, index) => {
      while (performance.now() < until) {
        const { body, headers, query = "" } = options.request(index)
        const startedAt = performance.now()
        const answer = await connection.post(options.path + query, headers, body)
        if (answer.status >= 300) throw new Error(`${answer.status}: ${answer.body.slice(0, 200)}`)
        samples.push(performance.now() - startedAt)
        options.onAnswer?.(answer, startedAt)
      }
    })
  )
  const result = figures(samples, performance.now() - began)
  for (const connection of connections) connection.close()
  return result
}

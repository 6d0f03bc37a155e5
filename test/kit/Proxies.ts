// Two small proxies on loopback, of HTTP's CONNECT and of SOCKS5: they note whom they were asked for, and fail where a test says so.
import { Effect, type Scope } from "effect"
import { createServer as createHttp } from "node:http"
import * as https from "node:https"
import * as net from "node:net"

export interface ProxyOptions {
  /** "user:password"; without, everybody may come. */
  readonly credentials?: string
  /** Where it connects to, whoever was asked for: who does not go through it finds nobody. */
  readonly port?: number
  /** Speaks TLS itself; of CONNECT only. */
  readonly tls?: { readonly key: string; readonly cert: string }
}

export interface RunningProxy {
  readonly port: number
  /** "host:port" of every connection it was asked for. */
  readonly asked: ReadonlyArray<string>
  /** It connects nobody from now on. */
  readonly refuse: () => void
  /** It takes what is asked for, and says nothing. */
  readonly hang: () => void
  /** It dies: every connection through it is cut. */
  readonly die: () => void
}

const started = (kind: (options: ProxyOptions, state: State) => net.Server) =>
  Effect.fnUntraced(function* (options: ProxyOptions = {}): Effect.fn.Return<RunningProxy, never, Scope.Scope> {
    const state: State = { asked: [], mood: "willing" }
    const server = kind(options, state)
    const sockets = new Set<net.Socket>()
    server.on("connection", (socket: net.Socket) => {
      sockets.add(socket)
      socket.on("error", () => undefined)
      socket.once("close", () => sockets.delete(socket))
    })
    const die = () => {
      server.close()
      sockets.forEach((socket) => socket.destroy())
    }
    yield* Effect.acquireRelease(
      Effect.promise(() => new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))),
      () => Effect.sync(die)
    )
    return {
      port: (server.address() as net.AddressInfo).port,
      asked: state.asked,
      refuse: () => void (state.mood = "refusing"),
      hang: () => void (state.mood = "silent"),
      die
    }
  })

interface State {
  readonly asked: Array<string>
  mood: "willing" | "refusing" | "silent"
}

/** Once connected, each says what the other says; an end of one is an end of both. */
const join = (from: net.Socket, port: number, begin: (to: net.Socket) => void): void => {
  const to = net.connect(port, "127.0.0.1")
  to.once("connect", () => begin(to))
  to.on("error", () => from.destroy())
  to.once("close", () => from.destroy())
  from.on("error", () => to.destroy())
  from.once("close", () => to.destroy())
}

export const httpProxy = started(({ credentials, port, tls }, state) => {
  const server = tls === undefined ? createHttp() : https.createServer(tls)
  server.on("connect", (request, client: net.Socket) => {
    const target = request.url ?? ""
    const basic = `Basic ${Buffer.from(credentials ?? "").toString("base64")}`
    if (credentials !== undefined && request.headers["proxy-authorization"] !== basic) {
      return client.end("HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n")
    }
    state.asked.push(target)
    if (state.mood === "silent") return undefined
    if (state.mood === "refusing") return client.end("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 2\r\n\r\nno")
    return join(client, port ?? Number(target.split(":").at(-1)), (to) => {
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n")
      to.pipe(client).pipe(to)
    })
  })
  return server
})

export const socksProxy = started(({ credentials, port }, state) =>
  net.createServer((client) => {
    let heard = Buffer.alloc(0)
    let step: "greeting" | "login" | "request" | "joined" = "greeting"
    const say = (...bytes: ReadonlyArray<number>) => client.write(Buffer.from(bytes))
    const on = (chunk: Buffer) => {
      heard = Buffer.concat([heard, chunk])
      if (step === "greeting" && heard.length >= 2 + (heard[1] ?? 0)) {
        heard = heard.subarray(2 + (heard[1] ?? 0))
        step = credentials === undefined ? "request" : "login"
        say(5, credentials === undefined ? 0 : 2)
      }
      if (
        step === "login" &&
        heard.length > 2 &&
        heard.length >= 3 + (heard[1] ?? 0) + (heard[2 + (heard[1] ?? 0)] ?? 0)
      ) {
        const userEnd = 2 + (heard[1] ?? 0)
        const end = userEnd + 1 + (heard[userEnd] ?? 0)
        const given = `${heard.toString("utf8", 2, userEnd)}:${heard.toString("utf8", userEnd + 1, end)}`
        heard = heard.subarray(end)
        if (given !== credentials) return void client.end(Buffer.from([1, 1]))
        step = "request"
        say(1, 0)
      }
      const isName = heard[3] === 3
      const hostEnd = isName ? 5 + (heard[4] ?? 0) : 8
      if (step === "request" && heard.length >= hostEnd + 2) {
        const host = isName ? heard.toString("utf8", 5, hostEnd) : heard.subarray(4, 8).join(".")
        const asked = heard.readUInt16BE(hostEnd)
        state.asked.push(`${host}:${asked}`)
        client.off("data", on)
        if (state.mood === "silent") return
        if (state.mood === "refusing") return void client.end(Buffer.from([5, 2, 0, 1, 0, 0, 0, 0, 0, 0]))
        join(client, port ?? asked, (to) => {
          // In two pieces, as a network may bring it, and with a name for an address.
          say(5, 0, 0, 3, 4)
          say(...Buffer.from("here"), 0, 1)
          to.pipe(client).pipe(to)
        })
        step = "joined"
      }
    }
    client.on("data", on)
  })
)

// What a server of the desk must do, whichever library listens: one suite, run over real sockets.
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Layer, Option, Scope } from "effect"
import { HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import { Socket } from "effect/socket"
import { connect } from "node:net"
import { WebSocket } from "ws"
import { behindProxy, type Listen, type ListenError, MAX_BODY_BYTES } from "../../src/adapters/server/Listen.ts"
import { MAX_CLIENT_MESSAGE } from "../../src/contract/Feed.ts"

type Layered = (listen: Listen) => Layer.Layer<HttpServer.HttpServer, ListenError>

const ask = (url: string, init?: RequestInit) => Effect.promise(() => fetch(url, init))
const textOf = (response: Response) => Effect.promise(() => response.text())
const portOf = (server: HttpServer.HttpServer["Service"]) => (server.address as { readonly port: number }).port

/** Opens a socket and resolves with what `until` makes of its life. */
const socket = <A>(url: string, life: (socket: WebSocket, done: (value: A) => void) => void) =>
  Effect.callback<A>((resume) => {
    const ws = new WebSocket(url)
    ws.on("error", () => undefined)
    life(ws, (value) => resume(Effect.succeed(value)))
    return Effect.sync(() => ws.terminate())
  })

/** When `/hang` was entered, and how it ended. */
interface Hanging {
  readonly entered: Deferred.Deferred<void>
  readonly ended: Deferred.Deferred<Exit.Exit<unknown, unknown>>
}

const makeHanging = Effect.all({
  entered: Deferred.make<void>(),
  ended: Deferred.make<Exit.Exit<unknown, unknown>>()
})

const routes = ({ ended, entered }: Hanging) =>
  Layer.mergeAll(
    HttpRouter.add("GET", "/hello", HttpServerResponse.text("hello", { headers: { "x-test": "1" } })),
    HttpRouter.add("GET", "/address", (request) =>
      Effect.succeed(HttpServerResponse.text(Option.getOrElse(request.remoteAddress, () => "?")))
    ),
    HttpRouter.add("POST", "/echo", (request) =>
      request.json.pipe(
        Effect.map((body) => HttpServerResponse.jsonUnsafe({ body, query: request.url.split("?")[1] ?? null }))
      )
    ),
    HttpRouter.add(
      "GET",
      "/hang",
      Effect.onExit(Effect.andThen(Deferred.succeed(entered, undefined), Effect.never), (exit) =>
        Deferred.succeed(ended, exit)
      )
    ),
    HttpRouter.add(
      "GET",
      "/ws",
      Effect.gen(function* () {
        const request = yield* HttpServerRequest.HttpServerRequest
        if (!request.url.includes("token=good")) return HttpServerResponse.jsonUnsafe({ no: true }, { status: 401 })
        const upgraded = yield* request.upgrade
        const reader = yield* Socket.readerString(upgraded)
        const writer = yield* upgraded.writer
        const echo = Effect.flatMap(reader, (frames) =>
          frames.includes("burst")
            ? writer.writeAll(["1", "2", "3"])
            : frames.includes("bye")
              ? writer.write(new Socket.CloseEvent(4401, "bye"))
              : writer.writeAll(frames)
        )
        yield* Effect.ignore(Effect.forever(echo))
        return HttpServerResponse.empty()
      })
    )
  )

/** Runs `use` against a server on a free port. */
const served = <A>(
  layered: Layered,
  use: (base: string, hanging: Hanging) => Effect.Effect<A>,
  change: (server: HttpServer.HttpServer["Service"]) => HttpServer.HttpServer["Service"] = (server) => server
) =>
  Effect.scoped(
    Effect.gen(function* () {
      const hanging = yield* makeHanging
      const server = Layer.effect(HttpServer.HttpServer, Effect.map(HttpServer.HttpServer, change)).pipe(
        Layer.provide(layered({ host: "127.0.0.1", port: 0 }))
      )
      const context = yield* Layer.build(
        HttpRouter.serve(routes(hanging), { disableLogger: true, disableListenLog: true }).pipe(
          Layer.provideMerge(server)
        )
      )
      const { port } = (context.mapUnsafe.get(HttpServer.HttpServer.key) as { address: { port: number } }).address
      return yield* use(`127.0.0.1:${port}`, hanging)
    })
  )

/** A POST of `size` bytes, announced by content-length or sent in chunks; resolves with the first line of the answer. */
const postRaw = (base: string, size: number, chunked: boolean) =>
  Effect.callback<string>((resume) => {
    const [host = "", port = ""] = base.split(":")
    const connection = connect(Number(port), host)
    let answer = ""
    connection.on("error", () => undefined)
    connection.on("data", (data) => {
      answer += data.toString()
      if (answer.includes("\r\n")) resume(Effect.succeed(answer.split("\r\n")[0] ?? ""))
    })
    const length = chunked ? "transfer-encoding: chunked" : `content-length: ${size}`
    connection.write(`POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${length}\r\n\r\n`)
    const piece = Buffer.alloc(65_536, 32)
    for (let sent = 0; sent < size; sent += piece.length) {
      if (chunked) connection.write(`${piece.length.toString(16)}\r\n`)
      connection.write(piece)
      if (chunked) connection.write("\r\n")
    }
    if (chunked) connection.write("0\r\n\r\n")
    return Effect.sync(() => connection.destroy())
  })

export const serverSuite = (name: string, layered: Layered) =>
  describe(`the ${name} server`, () => {
    it.live("answers a GET with its status, headers and body, and a HEAD without the body", () =>
      served(layered, (base) =>
        Effect.gen(function* () {
          const response = yield* ask(`http://${base}/hello`)
          assert.strictEqual(response.status, 200)
          assert.strictEqual(response.headers.get("x-test"), "1")
          assert.strictEqual(yield* textOf(response), "hello")
          const head = yield* ask(`http://${base}/hello`, { method: "HEAD" })
          assert.strictEqual(head.headers.get("content-length"), "5")
          assert.strictEqual(yield* textOf(head), "")
        })
      )
    )

    it.live("hands a JSON body and the query to the app", () =>
      served(layered, (base) =>
        Effect.gen(function* () {
          const response = yield* ask(`http://${base}/echo?a=1&b=2`, { method: "POST", body: '{"é":"✓"}' })
          assert.deepStrictEqual(JSON.parse(yield* textOf(response)), { body: { é: "✓" }, query: "a=1&b=2" })
        })
      )
    )

    it.live("answers 404 where there is no route", () =>
      served(layered, (base) =>
        Effect.map(ask(`http://${base}/nothing`), (response) => assert.strictEqual(response.status, 404))
      )
    )

    for (const chunked of [false, true]) {
      it.live(
        `answers 413 to a 2 MB body ${chunked ? "in chunks" : "announced by its length"}, and keeps serving`,
        () =>
          served(layered, (base) =>
            Effect.gen(function* () {
              assert.match(yield* postRaw(base, 2 * MAX_BODY_BYTES, chunked), / 413 /)
              assert.match(yield* postRaw(base, MAX_BODY_BYTES / 2, chunked), / 400 /)
              assert.strictEqual((yield* ask(`http://${base}/hello`)).status, 200)
            })
          )
      )
    }

    it.live("interrupts the handler of a request whose client has gone", () =>
      served(layered, (base, { ended, entered }) =>
        Effect.gen(function* () {
          const controller = new AbortController()
          const asked = fetch(`http://${base}/hang`, { signal: controller.signal }).catch(() => undefined)
          yield* Deferred.await(entered)
          controller.abort()
          yield* Effect.promise(() => asked)
          assert.isTrue(Exit.hasInterrupts(yield* Deferred.await(ended)))
        })
      )
    )

    it.live("carries a WebSocket both ways, several frames in one write", () =>
      served(layered, (base) =>
        Effect.gen(function* () {
          const heard = yield* socket<ReadonlyArray<string>>(`ws://${base}/ws?token=good`, (ws, done) => {
            const frames: Array<string> = []
            ws.on("open", () => ws.send("hello"))
            ws.on("message", (data) => {
              frames.push(String(data))
              if (frames.length === 1) ws.send("burst")
              if (frames.length === 4) done(frames)
            })
          })
          assert.deepStrictEqual(heard, ["hello", "1", "2", "3"])
        })
      )
    )

    it.live("closes a WebSocket with the code the app names", () =>
      served(layered, (base) =>
        Effect.gen(function* () {
          const code = yield* socket<number>(`ws://${base}/ws?token=good`, (ws, done) => {
            ws.on("open", () => ws.send("bye"))
            ws.on("close", done)
          })
          assert.strictEqual(code, 4401)
        })
      )
    )

    it.live("closes a WebSocket with 1009 when a message is too long", () =>
      served(layered, (base) =>
        Effect.gen(function* () {
          const code = yield* socket<number>(`ws://${base}/ws?token=good`, (ws, done) => {
            ws.on("open", () => ws.send("x".repeat(MAX_CLIENT_MESSAGE + 1)))
            ws.on("close", done)
          })
          assert.strictEqual(code, 1009)
        })
      )
    )

    it.live("answers a handshake with a plain 401 where the app does not upgrade", () =>
      served(layered, (base) =>
        Effect.gen(function* () {
          const status = yield* socket<number | undefined>(`ws://${base}/ws?token=bad`, (ws, done) => {
            ws.on("unexpected-response", (_, response) => done(response.statusCode))
          })
          assert.strictEqual(status, 401)
        })
      )
    )

    it.live("knows the caller's address, and believes a proxy's word only behind one", () =>
      Effect.gen(function* () {
        const headers = { "x-forwarded-for": "1.1.1.1, 203.0.113.7" }
        const plain = yield* served(layered, (base) =>
          Effect.flatMap(ask(`http://${base}/address`, { headers }), textOf)
        )
        assert.match(plain, /^(::ffff:)?127\.0\.0\.1$/)
        const behind = yield* served(
          layered,
          (base) => Effect.flatMap(ask(`http://${base}/address`, { headers }), textOf),
          behindProxy
        )
        assert.strictEqual(behind, "203.0.113.7")
      })
    )

    it.live("refuses a port that is taken, in a sentence", () =>
      Effect.scoped(
        Effect.gen(function* () {
          const first = yield* Layer.build(layered({ host: "127.0.0.1", port: 0 }))
          const server = first.mapUnsafe.get(HttpServer.HttpServer.key) as HttpServer.HttpServer["Service"]
          const error = yield* Effect.flip(Layer.build(layered({ host: "127.0.0.1", port: portOf(server) })))
          assert.include(error.message, "another program is using that port")
        })
      )
    )

    it.live("stops: open sockets hear 1001, and the port is free again", () =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const hanging = yield* makeHanging
        const context = yield* Layer.buildWithScope(
          HttpRouter.serve(routes(hanging), { disableLogger: true, disableListenLog: true }).pipe(
            Layer.provideMerge(layered({ host: "127.0.0.1", port: 0 }))
          ),
          scope
        )
        const port = portOf(context.mapUnsafe.get(HttpServer.HttpServer.key) as HttpServer.HttpServer["Service"])
        const opened = yield* Deferred.make<void>()
        const life = socket<number>(`ws://127.0.0.1:${port}/ws?token=good`, (ws, done) => {
          ws.on("open", () => Deferred.doneUnsafe(opened, Exit.void))
          ws.on("close", done)
        })
        const stop = Effect.andThen(Deferred.await(opened), Scope.close(scope, Exit.void))
        const [code] = yield* Effect.all([life, stop], { concurrency: 2 })
        assert.strictEqual(code, 1001)
        yield* Effect.scoped(Layer.build(layered({ host: "127.0.0.1", port })))
      })
    )
  })

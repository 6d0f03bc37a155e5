// The link of the page against a real WebSocket server. Time is the test's: timers run when it says so.
import { assert, describe, it } from "@effect/vitest"
import type { AddressInfo } from "node:net"
import { WebSocket, WebSocketServer } from "ws"
import type { ClientMessage, ServerMessage } from "../../src/contract/Feed.ts"
import { type Link, type LinkState, makeLink, retryMillis, type Socket } from "../../web/link.ts"

/** Values that arrive one by one, each awaited in turn. */
const arrivals = <T>() => {
  const come: Array<T> = []
  const wanted: Array<(value: T) => void> = []
  return {
    push: (value: T) => {
      const next = wanted.shift()
      if (next === undefined) come.push(value)
      else next(value)
    },
    next: (): Promise<T> => {
      const value = come.shift()
      return value === undefined ? new Promise((resolve) => wanted.push(resolve)) : Promise.resolve(value)
    }
  }
}

interface Visitor {
  readonly heard: () => Promise<ClientMessage>
  readonly say: (...messages: ReadonlyArray<ServerMessage>) => void
  readonly raw: (text: string) => void
  readonly hangUp: (code?: number) => void
}

const serve = async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" })
  const visitors = arrivals<Visitor>()
  server.on("connection", (socket) => {
    const messages = arrivals<ClientMessage>()
    socket.on("message", (data) => messages.push(JSON.parse(String(data)) as ClientMessage))
    visitors.push({
      heard: messages.next,
      say: (...said) => socket.send(JSON.stringify(said.length === 1 ? said[0] : said)),
      raw: (text) => socket.send(text),
      hangUp: (code = 1001) => socket.close(code)
    })
  })
  await new Promise((resolve) => server.once("listening", resolve))
  const { port } = server.address() as AddressInfo
  const close = () => {
    for (const client of server.clients) client.terminate()
    return new Promise((resolve) => server.close(resolve))
  }
  return { url: `ws://127.0.0.1:${port}`, visitor: visitors.next, close }
}

const linkTo = (url: string) => {
  const states = arrivals<LinkState>()
  const received = arrivals<ServerMessage>()
  const refusals = arrivals<string>()
  const timers = new Map<number, { readonly millis: number; readonly run: () => void }>()
  let clock = 0
  let timerId = 0
  const link = makeLink({
    open: () => new WebSocket(url) as unknown as Socket,
    receive: (messages) => messages.forEach(received.push),
    changed: states.push,
    refused: refusals.push,
    measured: () => {},
    after: (millis, run) => {
      const id = ++timerId
      timers.set(id, { millis, run })
      return () => void timers.delete(id)
    },
    now: () => clock,
    random: () => 1
  })
  /** Runs the one timer that is set, as if its time had come. */
  const elapse = (): number => {
    const [[id, { millis, run }] = assert.fail("no timer is set")] = timers
    assert.strictEqual(timers.size, 1)
    timers.delete(id)
    clock += millis
    run()
    return millis
  }
  return { link, state: states.next, received: received.next, refusal: refusals.next, elapse, timers }
}

const within = async (
  run: (server: Awaited<ReturnType<typeof serve>>, page: ReturnType<typeof linkTo>) => Promise<void>
) => {
  const server = await serve()
  const page = linkTo(server.url)
  try {
    await run(server, page)
  } finally {
    page.link.stop()
    await server.close()
  }
}

const balance = (seq: number): ServerMessage => ({
  type: "BALANCE_UPDATE",
  seq,
  data: { asset: "BTC", free: String(seq), held: "0", total: String(seq) }
})
const snapshot = (seq: number): ServerMessage => ({
  type: "SNAPSHOT",
  seq,
  data: { accountId: "a", orders: [], positions: [], balances: [], blind: null }
})
const live = (seq: number): ServerMessage => ({ type: "LIVE", seq })

/** Connects, and reads the two messages every connection begins with. */
const greet = async (server: Awaited<ReturnType<typeof serve>>, link: Link, start = true) => {
  if (start) link.start("token-1")
  const visitor = await server.visitor()
  return { visitor, auth: await visitor.heard() }
}

describe("the link", () => {
  it("authenticates, subscribes, and is live when the server says so", () =>
    within(async (server, page) => {
      page.link.subscribe("price:BTCUSDT")
      const { visitor, auth } = await greet(server, page.link)
      assert.deepStrictEqual(auth, { type: "AUTH", token: "token-1" })
      assert.deepStrictEqual(await visitor.heard(), { type: "SUBSCRIBE", topics: ["price:BTCUSDT"] })
      assert.deepStrictEqual(await visitor.heard(), { type: "PING" })
      visitor.say(snapshot(4), live(4))
      assert.deepStrictEqual([await page.state(), await page.state()], ["connecting", "live"])
      assert.strictEqual((await page.received()).type, "SNAPSHOT")
    }))

  it("comes back after a cut, resumes after the last number, and takes each update once", () =>
    within(async (server, page) => {
      page.link.subscribe("book:BTCUSDT")
      const first = await greet(server, page.link)
      first.visitor.say(snapshot(4), live(4), balance(5), live(5))
      for (let n = 0; n < 4; n++) await page.received()
      first.visitor.hangUp()
      assert.deepStrictEqual(
        [await page.state(), await page.state(), await page.state()],
        ["connecting", "live", "waiting"]
      )
      page.elapse()
      const second = await greet(server, page.link, false)
      assert.deepStrictEqual(second.auth, { type: "AUTH", token: "token-1", from: 5 })
      assert.deepStrictEqual(await second.visitor.heard(), { type: "SUBSCRIBE", topics: ["book:BTCUSDT"] })
      second.visitor.say(balance(5), balance(6), live(6))
      const again = await page.received()
      assert.deepStrictEqual(again, balance(6), "an update that is known already is not applied again")
    }))

  it("asks again from the last certain number when one is missing", () =>
    within(async (server, page) => {
      const first = await greet(server, page.link)
      first.visitor.say(snapshot(4), live(4))
      first.visitor.say(balance(6))
      assert.deepStrictEqual(
        [await page.state(), await page.state(), await page.state()],
        ["connecting", "live", "waiting"]
      )
      assert.strictEqual(page.elapse(), 0)
      const second = await greet(server, page.link, false)
      assert.deepStrictEqual(second.auth, { type: "AUTH", token: "token-1", from: 4 })
      second.visitor.say(balance(6), live(6))
      await page.received()
      await page.received()
      assert.deepStrictEqual(await page.received(), balance(6), "what a resume leaves out changed nothing")
    }))

  it("waits longer after each failure, up to ten seconds, never in step with others", () => {
    assert.deepStrictEqual(
      [0, 1, 2, 3, 20].map((attempt) => retryMillis(attempt, 1)),
      [250, 500, 1_000, 2_000, 10_000]
    )
    assert.strictEqual(retryMillis(3, 0), 1_000)
  })

  it("notices a link that fell silent, and does not wait when it is told to hurry", () =>
    within(async (server, page) => {
      const { visitor } = await greet(server, page.link)
      visitor.say(snapshot(1), live(1))
      assert.deepStrictEqual([await page.state(), await page.state()], ["connecting", "live"])
      // Three pings of five seconds without a word: the third finds it dead.
      page.elapse()
      page.elapse()
      page.elapse()
      assert.strictEqual(await page.state(), "waiting")
      page.link.hurry()
      assert.strictEqual(await page.state(), "connecting")
      assert.deepStrictEqual((await greet(server, page.link, false)).auth, {
        type: "AUTH",
        token: "token-1",
        from: 1
      })
    }))

  it("takes a frame that cannot be read for a broken link", () =>
    within(async (server, page) => {
      const { visitor } = await greet(server, page.link)
      visitor.raw('{"type":"SNAP')
      assert.deepStrictEqual([await page.state(), await page.state()], ["connecting", "waiting"])
    }))

  it("stops for good when the token is refused", () =>
    within(async (server, page) => {
      const { visitor } = await greet(server, page.link)
      visitor.say({ type: "ERROR", data: { code: "TOKEN_EXPIRED", message: "Log in again." } })
      assert.strictEqual(await page.refusal(), "Log in again.")
      assert.deepStrictEqual([await page.state(), await page.state()], ["connecting", "off"])
      assert.strictEqual(page.timers.size, 0)
    }))

  it("says when the server lags, until it is level again", () =>
    within(async (server, page) => {
      const { visitor } = await greet(server, page.link)
      visitor.say(snapshot(1), live(1))
      visitor.say({ type: "LAGGING", data: { message: "Updates are late." } })
      visitor.say(live(1))
      const states = [await page.state(), await page.state(), await page.state(), await page.state()]
      assert.deepStrictEqual(states, ["connecting", "live", "lagging", "live"])
    }))

  it("holds a topic as long as anyone wants it", () =>
    within(async (server, page) => {
      const { visitor } = await greet(server, page.link)
      assert.strictEqual((await visitor.heard()).type, "PING")
      const leaves = [page.link.subscribe("trade:BTCUSDT"), page.link.subscribe("trade:BTCUSDT")]
      leaves[0]!()
      leaves[0]!()
      page.link.subscribe("trade:ETHUSDT")
      leaves[1]!()
      assert.deepStrictEqual(
        [await visitor.heard(), await visitor.heard(), await visitor.heard()],
        [
          { type: "SUBSCRIBE", topics: ["trade:BTCUSDT"] },
          { type: "SUBSCRIBE", topics: ["trade:ETHUSDT"] },
          { type: "UNSUBSCRIBE", topics: ["trade:BTCUSDT"] }
        ]
      )
    }))
})

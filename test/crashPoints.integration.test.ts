// The desk ends itself between every two steps of an order's life. What became of the order afterwards is known beforehand: by how far it
// had come, and never by luck.
import { afterAll, assert, describe, it } from "@effect/vitest"
import * as fs from "node:fs"
import type { OrderHistory } from "../src/contract/History.ts"
import type { OrderView } from "../src/contract/Views.ts"
import type { OrderStatus } from "../src/domain/Order.ts"
import { type MilestoneName, milestones } from "../src/ports/Milestone.ts"
import * as Client from "./kit/Client.ts"
import * as Desk from "./kit/Desk.ts"
import * as Ledger from "./kit/Ledger.ts"
import { type ApiKey, startPaper } from "./kit/PaperProcess.ts"
import { Trader } from "./rounds/Trader.ts"
import { Dice } from "./sim/Dice.ts"

const SYMBOL = "BTCUSDT"
const QUANTITY = "0.01"

/** The order, or the cancel, is meant to be sent, and was not: a stored intent is never sent later. */
const untold: ReadonlySet<MilestoneName> = new Set(["step stored", "step remembered", "step published"])

/** What a crash leads to: anywhere else, and at the untold. */
const operations = {
  "a limit order": { told: "NEW 0.01", untold: "REJECTED 0.01" },
  "a market order": { told: "FILLED 0.01", untold: "REJECTED 0.01" },
  "a cancel": { told: "CANCELED 0.01", untold: "NEW 0.01" },
  "an amend": { told: "NEW 0.005", untold: "NEW 0.01" }
} as const satisfies Record<string, { told: Outcome; untold: Outcome }>
type Operation = keyof typeof operations
/** Where the order stands, and for how much. */
type Outcome = `${OrderStatus} ${string}`

/** The rest is passed when the desk recovers, not while an order is on its way. */
const onTheWay = milestones.slice(0, milestones.indexOf("report heard") + 1)
const inRecovery: ReadonlyArray<MilestoneName> = [
  "survey taken",
  "step decided",
  "step stored",
  "step remembered",
  "step published",
  "survey settled"
]

const PATIENT = { timeout: 600_000 }

interface Pending {
  readonly operation: Operation
  readonly key: string
  /** Of the order, where the desk had time to name it. */
  orderId: string | undefined
  readonly expected: Outcome
}

const dataDir = Desk.temporaryDirectory()
const settings = { DATA_DIR: dataDir, MARKET: "sim:3", AUTH_LIMIT: "1000", ORDER_LIMIT: "100000" }

interface Session {
  readonly desk: Desk.Desk
  readonly token: string
}

const session = async (killAt?: string): Promise<Session> => {
  const desk = await Desk.start({ ...settings, ...(killAt === undefined ? {} : { OUTCRY_TEST_KILL_AT: killAt }) })
  return { desk, token: await Client.signIn(desk.url, "ann@desk.test") }
}

const place = async ({ desk, token }: Session, key: string, operation: Operation) => {
  const order = { symbol: SYMBOL, side: "BUY", quantity: QUANTITY }
  const body =
    operation === "a market order"
      ? { ...order, type: "MARKET" }
      : { ...order, type: "LIMIT", price: await restingPrice(desk.url) }
  return Client.call<{ orderId: string }>(desk.url, "POST", "/api/trading/orders", { token, key, body })
}

/** The same at every ask, far enough below the market never to trade: a repeat must ask for the same thing. */
let resting: string | undefined
const restingPrice = async (url: string) =>
  (resting ??= String(Math.floor(Number.parseInt(await Client.lastPrice(url, SYMBOL), 10) * 0.8)))

const outcomeOf = async ({ desk, token }: Session, orderId: string): Promise<Outcome | undefined> => {
  const { body, status } = await Client.call<OrderView>(desk.url, "GET", `/api/trading/orders/${orderId}`, { token })
  return status === 200 ? `${body.status} ${body.quantity}` : undefined
}

/** Longer than any doubt may last. */
const PATIENCE_MILLIS = 30_000

const settled = async (on: Session, orderId: string, wanted: Outcome) => {
  const patience = AbortSignal.timeout(PATIENCE_MILLIS)
  const outcome = await Client.eventually(
    () => outcomeOf(on, orderId),
    (found) => found === wanted || patience.aborted
  )
  assert.strictEqual(outcome, wanted)
}

/** Whether it is about an order that rests already. */
const isLater = (operation: Operation) => operation === "a cancel" || operation === "an amend"

const ask = (on: Session, operation: Operation, key: string, orderId: string | undefined) => {
  const { desk, token } = on
  const path = `/api/trading/orders/${orderId}`
  if (operation === "a cancel") return Client.call<{ orderId: string }>(desk.url, "DELETE", path, { token, key })
  if (operation !== "an amend") return place(on, key, operation)
  return Client.call<{ orderId: string }>(desk.url, "PATCH", path, { token, key, body: { quantity: "0.005" } })
}

/** Asks again with the same key, as a client does that got no answer; the outcome is the one and only of the first time. */
const prove = async (on: Session, pending: Pending) => {
  const { expected, key, operation } = pending
  const again = await ask(on, operation, key, pending.orderId)
  assert.oneOf(again.status, [200, 201], JSON.stringify(again.body))
  assert.strictEqual(again.body.orderId, pending.orderId ?? again.body.orderId)
  pending.orderId = again.body.orderId
  await settled(on, again.body.orderId, expected)
}

/** Does it, with the desk ending itself on the way. */
const interrupted = async (on: Session, milestone: MilestoneName, operation: Operation, key: string) => {
  let orderId: string | undefined
  if (isLater(operation)) {
    orderId = (await place(on, `${key}-order`, operation)).body.orderId
    await settled(on, orderId, "NEW 0.01")
  }
  await on.desk.arm()
  const heard = await ask(on, operation, key, orderId).catch(() => undefined)
  await on.desk.ended
  if (heard !== undefined) assert.oneOf(heard.status, [200, 201])
  const expected = operations[operation][untold.has(milestone) ? "untold" : "told"]
  return { operation, key, orderId: orderId ?? heard?.body.orderId, expected } satisfies Pending
}

/** What is told of an order that was cut off says how it was cut off and how that ended, first to last. */
const proveStory = async ({ desk, token }: Session, { operation, orderId, expected }: Pending) => {
  const path = `/api/trading/orders/${orderId}/history`
  const { body, status } = await Client.call<OrderHistory>(desk.url, "GET", path, { token })
  assert.strictEqual(status, 200)
  assert.isTrue(body.complete)
  const told = body.rows.map(({ what }) => what)
  assert.deepStrictEqual(told.slice(0, 2), ["PlaceOrder", "OrderSubmitted"])
  assert.deepStrictEqual(
    body.rows.map(({ at }) => at),
    body.rows.map(({ at }) => at).toSorted((a, b) => a - b)
  )
  if (operation === "an amend") {
    assert.include(told, expected === operations[operation].told ? "OrderAmended" : "AmendRejected")
  } else if (operation === "a cancel") {
    assert.include(told, expected === operations[operation].told ? "OrderCanceled" : "CancelRejected")
  } else assert.include(told, expected === operations[operation].told ? "OrderAccepted" : "OrderRejected")
}

/** Starts once more and proves all of it again, also by the exchange's own books. */
const proveAll = async (all: ReadonlyArray<Pending>) => {
  const on = await session()
  for (const each of all) {
    await prove(on, each)
    await proveStory(on, each)
  }
  const orders = await Client.allOrders(on.desk.url, on.token)
  await on.desk.stop()
  Ledger.agrees(await Ledger.read(dataDir), orders)
}

describe("a crash between any two steps", () => {
  afterAll(() => fs.rmSync(dataDir, { recursive: true, force: true }))

  it("of an order's life leads to the outcome that its last durable step stands for", PATIENT, async () => {
    const done: Array<Pending> = []
    for (const operation of Object.keys(operations) as ReadonlyArray<Operation>) {
      for (const milestone of onTheWay) {
        const on = await session(milestone)
        const last = done.at(-1)
        if (last !== undefined) await prove(on, last)
        done.push(await interrupted(on, milestone, operation, `way-${done.length}`))
      }
    }
    await proveAll(done)
  })

  it("of the recovery from a crash changes nothing about the outcome", PATIENT, async () => {
    const done: Array<Pending> = []
    for (const [index, milestone] of inRecovery.entries()) {
      const first = index % 2 === 0 ? "step published" : "call made"
      const operation = (["a limit order", "a cancel", "an amend"] as const)[index % 3] ?? "a cancel"
      const on = await session(first)
      const last = done.at(-1)
      if (last !== undefined) await prove(on, last)
      done.push(await interrupted(on, first, operation, `recovery-${index}`))
      const recovering = Desk.launch({ ...settings, OUTCRY_TEST_KILL_AT: `start:${milestone}` })
      await recovering.ended
    }
    await proveAll(done)
  })

  it("of the search for a lost answer leaves the order in doubt until there is proof", PATIENT, async () => {
    const paper = await startPaper({ market: "sim:3", limits: "off" })
    const wire = {
      DATA_DIR: Desk.temporaryDirectory(),
      EXCHANGE: "binance",
      MARKET: "live",
      BINANCE_REST_URL: paper.url,
      BINANCE_WS_API_URL: paper.wsUrl,
      BINANCE_STREAM_URL: paper.wsUrl
    } as const
    const launched = [Desk.launch({ ...wire, OUTCRY_TEST_KILL_AT: "evidence asked for" })]
    try {
      const first = await launched[0]?.ready
      assert.isDefined(first)
      const ann = new Trader("ann@desk.test", new Dice(1))
      const money = { account: "ann", balances: { USDT: "1000000" } }
      await ann.meet(first?.url ?? "", (await paper.admin("POST", "/keys", money)) as ApiKey)
      const lost = { verb: "loseRequest", scope: { route: "POST /api/v3/order" }, params: { how: "cut" }, times: 1 }
      await paper.admin("POST", "/faults", lost)
      await first?.arm()
      const price = await restingPrice(first?.url ?? "")
      const body = { symbol: SYMBOL, side: "BUY", type: "LIMIT", quantity: QUANTITY, price }
      const order = { token: ann.token, key: "lost", body }
      const placed = await Client.call<{ orderId: string }>(first?.url ?? "", "POST", "/api/trading/orders", order)
      await first?.ended
      const next = Desk.launch(wire)
      launched.push(next)
      const on = { desk: await next.ready, token: ann.token }
      await settled(on, placed.body.orderId, "REJECTED 0.01")
      const path = `/api/trading/orders/${placed.body.orderId}/history`
      const { body: story } = await Client.call<OrderHistory>(on.desk.url, "GET", path, { token: ann.token })
      const told = story.rows.map(({ what }) => what)
      assert.deepStrictEqual(told.slice(0, 2), ["PlaceOrder", "OrderSubmitted"])
      assert.isAbove(told.filter((what) => what === "query").length, 1)
      assert.strictEqual(told.at(-1), "OrderRejected")
      const [sent, ended] = [story.rows[1]?.at ?? 0, story.rows.at(-1)?.at ?? 0]
      // The exchange may take a call for 2 s and needs 10 s more to show it: nothing before that is proof.
      assert.isAbove(ended - sent, 12_000)
    } finally {
      for (const each of [...launched, paper]) await each.kill()
      for (const folder of [wire.DATA_DIR, paper.dataDir]) fs.rmSync(folder, { recursive: true, force: true })
    }
  })
})

// Order lists and replacements over a bad line, the desk and the exchange as two processes: whatever became of the one call about several
// orders, each of them ends as the exchange has it, once, and holds what it holds there.
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import type { OrderView } from "../../src/contract/Views.ts"
import * as Client from "../kit/Client.ts"
import type * as Desk from "../kit/Desk.ts"
import { type Keys, Ledger } from "./Ledger.ts"
import { agree, create, ready, type World } from "./Rounds.ts"
import { Trader } from "./Trader.ts"

const SYMBOL = "BTCUSDT"
const START_MILLIS = 90_000
/** The proof of an order that never arrived takes 14 s. */
const PATIENCE_MILLIS = 90_000

const LISTS = ["oco", "oto", "otoco"].map((kind) => `POST /api/v3/orderList/${kind}`)
const REPLACE = "POST /api/v3/order/cancelReplace"

interface Fault {
  readonly verb: string
  readonly params?: object
  readonly share?: number
}

let world: World
let desk: Desk.Desk
const begin = async (seed: number) => {
  world = await create(seed)
  desk = await world.start()
  await ready(desk, performance.now())
}
beforeAll(() => begin(11), START_MILLIS)
afterAll(() => world?.close())

let met = 0

/** Somebody new, with an account of their own at the exchange. */
const meet = async () => {
  const name = `carl-${++met}`
  const balances = { USDT: "1000000", BTC: "10" }
  const keys = (await world.paper.admin("POST", "/keys", { account: name, balances })) as Keys
  const trader = new Trader(`${name}@desk.test`, world.dice)
  await trader.meet(desk.url, keys)
  const price = BigInt(await Client.lastPrice(desk.url, SYMBOL))
  return { keys, trader, ledger: new Ledger(world.paper.url, keys, [SYMBOL]), price }
}
type Person = Awaited<ReturnType<typeof meet>>

const fault = (person: Person, wanted: Fault, scope: object = {}) =>
  world.paper.admin("POST", "/faults", {
    ...wanted,
    scope: { apiKey: person.keys.apiKey, ...scope }
  }) as Promise<{ readonly id: string }>

/** From now on, on the calls about several orders. Resolves to how often it has happened to them. */
const spoil = async (person: Person, wanted: Fault) => {
  const ids = new Set<string>()
  for (const route of [...LISTS, REPLACE]) ids.add((await fault(person, wanted, { route })).id)
  return async (): Promise<number> => {
    const { faults } = (await world.paper.admin("GET", "/faults")) as {
      readonly faults: ReadonlyArray<{ readonly id: string; readonly happened: number }>
    }
    return faults.reduce((sum, { happened, id }) => (ids.has(id) ? sum + happened : sum), 0)
  }
}

/** The user's stream says nothing of what happens. */
const deafen = (person: Person) => fault(person, { verb: "dropEvents", share: 1 }, { stream: "user" })

const send = async <Body>({ trader }: Person, method: string, path: string, body: object): Promise<Body> => {
  const answer = await Client.call<Body>(desk.url, method, path, { token: trader.token, body })
  assert.strictEqual(answer.status, 201, JSON.stringify(answer.body))
  return answer.body
}

interface PlacedList {
  readonly orders: ReadonlyArray<{ readonly role: string; readonly orderId: string }>
}

const list = async (person: Person, body: object): Promise<ReadonlyArray<string>> => {
  const { orders } = await send<PlacedList>(person, "POST", "/api/trading/order-lists", { symbol: SYMBOL, ...body })
  const ids = orders.map(({ orderId }) => orderId)
  ids.forEach((id) => person.trader.answered.add(id))
  return ids
}

const order = async (person: Person, body: object): Promise<string> => {
  const { orderId } = await send<OrderView>(person, "POST", "/api/trading/orders", { symbol: SYMBOL, ...body })
  person.trader.answered.add(orderId)
  return orderId
}

const replace = async (person: Person, old: string, body: object): Promise<string> => {
  const { orderId } = await send<OrderView>(person, "PUT", `/api/trading/orders/${old}`, body)
  person.trader.answered.add(orderId)
  return orderId
}

const percent = ({ price }: Person, part: bigint): string => ((price * part) / 100n).toString()

const sell = (person: Person) => ({
  side: "SELL",
  quantity: "0.02",
  above: { type: "LIMIT_MAKER", price: percent(person, 105n) },
  below: { type: "STOP_LOSS_LIMIT", price: percent(person, 94n), stopPrice: percent(person, 95n) }
})
const buy = (person: Person, part: bigint) => ({
  type: "LIMIT",
  side: "BUY",
  quantity: "0.03",
  price: percent(person, part)
})

/** One of each: a pair, one whose working order fills at once, one whose working order rests, and an order in another's place. */
const ask = async (person: Person, resting: string) => ({
  oco: await list(person, { type: "OCO", ...sell(person) }),
  oto: await list(person, {
    type: "OTO",
    working: buy(person, 102n),
    pending: { type: "LIMIT", side: "SELL", quantity: "0.01", price: percent(person, 106n) }
  }),
  otoco: await list(person, { type: "OTOCO", working: buy(person, 95n), pending: sell(person) }),
  old: [resting],
  by: [await replace(person, resting, { type: "LIMIT", quantity: "0.05", price: percent(person, 96n) })]
})
type Wanted = Awaited<ReturnType<typeof ask>>

/** What rests before the line turns bad. */
const rest = async (person: Person): Promise<string> => {
  const resting = await order(person, { ...buy(person, 94n), quantity: "0.04" })
  await Client.eventually(
    () => viewOf(person, resting),
    ({ status }) => status === "NEW"
  )
  return resting
}

const viewOf = async ({ trader }: Person, orderId: string): Promise<OrderView> =>
  (await Client.call<OrderView>(desk.url, "GET", `/api/trading/orders/${orderId}`, { token: trader.token })).body

const standing = async (ids: ReadonlyArray<string>, person: Person) => {
  const views = await Promise.all(ids.map((id) => viewOf(person, id)))
  return views.map(({ status }) => status)
}

/** Once nothing is in doubt and desk and exchange say the same: how each of the orders stands. */
const settled = async (person: Person, wanted: Wanted) => {
  await agree({ ...world, people: [person] }, desk, performance.now())
  return {
    oco: await standing(wanted.oco, person),
    oto: await standing(wanted.oto, person),
    otoco: await standing(wanted.otoco, person),
    old: await standing(wanted.old, person),
    by: await standing(wanted.by, person)
  }
}

const EXECUTED = {
  oco: ["NEW", "NEW"],
  oto: ["FILLED", "NEW"],
  otoco: ["NEW", "PENDING_NEW", "PENDING_NEW"],
  old: ["CANCELED"],
  by: ["NEW"]
}
const NOT_EXECUTED = {
  oco: ["REJECTED", "REJECTED"],
  oto: ["REJECTED", "REJECTED"],
  otoco: ["REJECTED", "REJECTED", "REJECTED"],
  old: ["NEW"],
  by: ["REJECTED"]
}

describe("a call about several orders, whose answer is lost", () => {
  for (const how of ["cut", "502", "504", "-1007", "hang"]) {
    it.concurrent(
      `was executed all the same (${how}): every order of it is as the exchange has it`,
      { timeout: PATIENCE_MILLIS },
      async () => {
        const person = await meet()
        const resting = await rest(person)
        const happened = await spoil(person, { verb: "loseAck", params: { how } })
        const wanted = await ask(person, resting)
        assert.deepStrictEqual(await settled(person, wanted), EXECUTED)
        assert.strictEqual(await happened(), 4)
      }
    )
  }

  for (const [how, reads] of [
    ["cut", "at once"],
    ["hang", "at once"],
    ["504", "only seconds later"]
  ] as const) {
    it.concurrent(
      `is found out by asking where the stream is silent too (${how}; an order can be seen ${reads})`,
      { timeout: PATIENCE_MILLIS },
      async () => {
        const person = await meet()
        const resting = await rest(person)
        const happened = await spoil(person, { verb: "loseAck", params: { how } })
        await deafen(person)
        if (reads !== "at once") await fault(person, { verb: "hideOrders", params: { millis: 3_000 } })
        const wanted = await ask(person, resting)
        assert.deepStrictEqual(await settled(person, wanted), EXECUTED)
        assert.strictEqual(await happened(), 4)
      }
    )
  }

  for (const lost of [
    { verb: "loseRequest", params: { how: "cut" } },
    { verb: "loseRequest", params: { how: "502" } },
    { verb: "html", params: { status: 503 } }
  ]) {
    it.concurrent(
      `was not executed (${lost.verb} ${JSON.stringify(lost.params)}): nothing of it stands, and what was to be replaced does`,
      { timeout: PATIENCE_MILLIS },
      async () => {
        const person = await meet()
        const resting = await rest(person)
        const happened = await spoil(person, lost)
        const wanted = await ask(person, resting)
        assert.deepStrictEqual(await settled(person, wanted), NOT_EXECUTED)
        assert.strictEqual(await happened(), 4)
        const reasons = await Promise.all(
          [...wanted.oco, ...wanted.by].map(async (id) => (await viewOf(person, id)).reason ?? "")
        )
        for (const reason of reasons) assert.match(reason, /never reached the exchange/)
      }
    )
  }

  it.concurrent(
    "failed in one half: the old order is gone, and the new one never was",
    { timeout: PATIENCE_MILLIS },
    async () => {
      const person = await meet()
      const resting = await rest(person)
      const happened = await spoil(person, { verb: "loseAck" })
      const crossing = { type: "LIMIT_MAKER", quantity: "0.05", price: percent(person, 103n) }
      const by = await replace(person, resting, crossing)
      await agree({ ...world, people: [person] }, desk, performance.now())
      assert.deepStrictEqual(await standing([resting, by], person), ["CANCELED", "REJECTED"])
      assert.strictEqual(await happened(), 1)
    }
  )
})

describe("a call about several orders that is refused", () => {
  it.concurrent(
    "leaves nothing behind, and what was to be replaced as it was",
    { timeout: PATIENCE_MILLIS },
    async () => {
      const person = await meet()
      const resting = await rest(person)
      await spoil(person, { verb: "refuseBalance" })
      const wanted = await ask(person, resting)
      assert.deepStrictEqual(await settled(person, wanted), NOT_EXECUTED)
      for (const id of [...wanted.oco, ...wanted.by]) {
        assert.match((await viewOf(person, id)).reason ?? "", /insufficient balance/)
      }
    }
  )

  it.concurrent(
    "because the old order is gone tells that it is, though the stream did not",
    { timeout: PATIENCE_MILLIS },
    async () => {
      const person = await meet()
      const resting = await rest(person)
      await deafen(person)
      const { exchangeOrderId } = await viewOf(person, resting)
      await person.ledger.call("DELETE", "/api/v3/order", { symbol: SYMBOL, orderId: exchangeOrderId ?? "" })
      const by = await replace(person, resting, { type: "LIMIT", quantity: "0.05", price: percent(person, 96n) })
      await agree({ ...world, people: [person] }, desk, performance.now())
      assert.deepStrictEqual(await standing([resting, by], person), ["CANCELED", "REJECTED"])
    }
  )
})

describe("a desk that is killed while its calls about several orders have no answer", () => {
  // Whoever asked the other exchange so much would leave no weight for a start.
  beforeAll(async () => {
    await world.close()
    await begin(12)
  }, START_MILLIS)

  for (const { executed, verb } of [
    { verb: "loseAck", executed: true },
    { verb: "loseRequest", executed: false }
  ]) {
    it(
      `finds out after its start what became of them (${executed ? "executed" : "lost on the way"})`,
      { timeout: PATIENCE_MILLIS },
      async () => {
        const person = await meet()
        const resting = await rest(person)
        const happened = await spoil(person, { verb, params: { how: "hang" } })
        const wanted = await ask(person, resting)
        await Client.eventually(happened, (times) => times === 4)
        await desk.kill()
        desk = await world.start()
        await ready(desk, performance.now())
        await person.trader.meet(desk.url)
        assert.deepStrictEqual(await settled(person, wanted), executed ? EXECUTED : NOT_EXECUTED)
        assert.strictEqual(await happened(), 4, "called again")
      }
    )
  }
})

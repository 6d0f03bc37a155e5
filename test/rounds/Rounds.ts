// A desk and an exchange as two processes, the desk killed again and again in the middle of its work. After each start, all that it says
// must be what the exchange's own ledger says.
import * as fs from "node:fs"
import * as Client from "../kit/Client.ts"
import * as Desk from "../kit/Desk.ts"
import { type Paper, startPaper } from "../kit/PaperProcess.ts"
import { Dice } from "../sim/Dice.ts"
import { compare, type DeskView, undecided } from "./Compare.ts"
import { type Keys, Ledger } from "./Ledger.ts"
import { SYMBOLS, Trader } from "./Trader.ts"
import { brew } from "./Weather.ts"

/** Until nothing may be in doubt any more: the proof of an order that never arrived takes 14 s, and a busy machine its time. */
const DECIDED_MILLIS = 25_000
/** Until both must say the same from then on. The market goes on meanwhile. */
const EQUAL_MILLIS = 15_000

interface Person {
  readonly keys: Keys
  readonly trader: Trader
  readonly ledger: Ledger
}

export interface World {
  readonly paper: Paper
  readonly people: ReadonlyArray<Person>
  readonly dice: Dice
  readonly start: () => Promise<Desk.Desk>
  readonly close: () => Promise<void>
}

/** The processes of a world; whoever ends early kills them, each by its pid. */
const running = new Set<{ readonly kill: () => Promise<void> }>()
export const killAll = (): Promise<unknown> => Promise.all([...running].map(({ kill }) => kill()))

/** An exchange and two people with keys to it. */
export const create = async (seed: number): Promise<World> => {
  const dice = new Dice(seed)
  const paper = await startPaper({ market: `sim:${seed}`, limits: "off" })
  running.add(paper)
  const dataDir = Desk.temporaryDirectory()
  const start = async () => {
    const launched = Desk.launch({
      DATA_DIR: dataDir,
      EXCHANGE: "binance",
      MARKET: "live",
      BINANCE_REST_URL: paper.url,
      BINANCE_WS_API_URL: paper.wsUrl,
      BINANCE_STREAM_URL: paper.wsUrl,
      ORDER_LIMIT: "1000000",
      AUTH_LIMIT: "1000000"
    })
    running.add(launched)
    return launched.ready
  }
  const people: Array<Person> = []
  for (const name of ["ann", "bob"]) {
    const balances = { USDT: "10000000", BTC: "100", ETH: "1000" }
    const keys = (await paper.admin("POST", "/keys", { account: name, balances })) as Keys
    people.push({ keys, trader: new Trader(`${name}@desk.test`, dice), ledger: new Ledger(paper.url, keys, SYMBOLS) })
  }
  const close = async () => {
    await killAll()
    running.clear()
    for (const folder of [dataDir, paper.dataDir]) fs.rmSync(folder, { recursive: true, force: true })
  }
  return { paper, people, dice, start, close }
}

/** Everybody is known to the desk. */
export const register = async ({ people }: World, desk: Desk.Desk): Promise<void> => {
  for (const { keys, trader } of people) await trader.meet(desk.url, keys)
}

/** One in ten answers to orders and cancels is lost, each in one of the ways that answers are lost in. */
export const loseAnswers = async ({ dice, paper }: World): Promise<void> => {
  for (const route of ["POST /api/v3/order", "DELETE /api/v3/order"]) {
    for (const how of ["cut", "504", "-1007", "hang"]) {
      const fault = { verb: "loseAck", scope: { route }, params: { how }, share: 0.026, seed: dice.below(1_000_000) }
      await paper.admin("POST", "/faults", fault)
    }
  }
}

const lost = async ({ paper }: World): Promise<number> => {
  const { faults } = (await paper.admin("GET", "/faults")) as { faults: ReadonlyArray<{ happened: number }> }
  return faults.reduce((sum, { happened }) => sum + happened, 0)
}

const viewOf = async (url: string, { token }: Trader): Promise<DeskView> => ({
  orders: await Client.allOrders(url, token),
  trades: await Client.allTrades(url, token),
  balances: await Client.balances(url, token)
})

/** The milliseconds it took, since `since`. */
const within = async (what: string, since: number, millis: number, ask: () => Promise<ReadonlyArray<string>>) => {
  while (true) {
    const wrong = await ask()
    const took = performance.now() - since
    if (wrong.length === 0) return Math.round(took)
    if (took > millis) throw new Error(`${what} after ${Math.round(took)} ms:\n  ${wrong.slice(0, 20).join("\n  ")}`)
  }
}

export const ready = (desk: Desk.Desk, since: number): Promise<number> =>
  within("not ready", since, DECIDED_MILLIS, async () => {
    const { body, status } = await Client.call(desk.url, "GET", "/health/ready")
    return status === 200 ? [] : [JSON.stringify(body)]
  })

/** Until nothing of anybody is in doubt, and then until desk and exchange say the same. */
export const agree = async ({ people }: World, desk: Desk.Desk, since: number) => {
  let doubts = 0
  const decided = await within("undecided", since, DECIDED_MILLIS, async () => {
    const open: Array<string> = []
    for (const { trader } of people) {
      const path = "/api/trading/orders?state=open&limit=500"
      const { body } = await Client.call<Pick<DeskView, "orders">>(desk.url, "GET", path, { token: trader.token })
      open.push(...undecided(body.orders).map(({ orderId, reason, status }) => `${orderId} is ${status}: ${reason}`))
    }
    doubts = Math.max(doubts, open.length)
    return open
  })
  for (const { ledger, trader } of people) {
    await within(`${trader.email} differs`, performance.now(), EQUAL_MILLIS, async () => {
      await ledger.read()
      return compare(await viewOf(desk.url, trader), ledger, trader.answered)
    })
  }
  return { decidedMillis: decided, doubts }
}

export interface Round {
  readonly weather: ReadonlyArray<string>
  readonly killedAfter: number
  readonly unanswered: number
  /** How often requests were refused, by code. */
  readonly refusals: Readonly<Record<string, number>>
  /** How the round's orders stood before the rest was taken back. */
  readonly outcomes: Readonly<Record<string, number>>
  readonly lostAnswers: number
  readonly readyMillis: number
  readonly decidedMillis: number
  /** Orders that were not decided yet at the first look after the start. */
  readonly doubts: number
  readonly orders: number
  readonly trades: number
}

/** Trades, kills, starts again, repeats, compares. The desk it leaves runs. */
export const round = async (
  world: World,
  desk: Desk.Desk,
  verbs: ReadonlyArray<string> = []
): Promise<{ readonly desk: Desk.Desk; readonly is: Round }> => {
  const { dice, people } = world
  const before = await lost(world)
  const killedAfter = dice.between(40, 200)
  const weather = await brew(world.paper, dice, verbs)
  let answers = 0
  const onAnswer = () => {
    if (++answers === killedAfter) void desk.kill()
  }
  await Promise.all(people.map(({ trader }) => trader.trade(onAnswer)))
  await desk.kill()
  const unanswered = people.reduce((sum, { trader }) => sum + trader.unanswered.length, 0)
  const began = performance.now()
  const next = await world.start()
  const readyMillis = await ready(next, began)
  for (const { trader } of people) {
    await trader.meet(next.url)
    await trader.repeat()
  }
  const { decidedMillis, doubts, outcomes } = await explained(world, next, weather.names, async () => {
    const agreed = await agree(world, next, performance.now())
    await weather.clear()
    const outcomes = await outcomesOf(world, next)
    await clear(world, next)
    return { ...agreed, outcomes }
  })
  const sizes = people.map(({ ledger }) => [ledger.orders.size, ledger.trades.size] as const)
  return {
    desk: next,
    is: {
      weather: weather.names,
      killedAfter,
      unanswered,
      refusals: people.reduce<Record<string, number>>((sum, { trader }) => {
        for (const [code, count] of trader.refusals) sum[code] = (sum[code] ?? 0) + count
        return sum
      }, {}),
      outcomes,
      lostAnswers: (await lost(world)) - before,
      readyMillis,
      decidedMillis,
      doubts,
      orders: sizes.reduce((sum, [orders]) => sum + orders, 0),
      trades: sizes.reduce((sum, [, trades]) => sum + trades, 0)
    }
  }
}

/** A failure, with everything that differs at that moment and what the desk said. */
const explained = async <A>(
  { people }: World,
  desk: Desk.Desk,
  weather: ReadonlyArray<string>,
  test: () => Promise<A>
): Promise<A> => {
  try {
    return await test()
  } catch (error) {
    const lines = [String(error), `weather: ${weather.join(", ")}`]
    for (const { ledger, trader } of people) {
      await ledger.read()
      const differences = compare(await viewOf(desk.url, trader), ledger, trader.answered)
      lines.push(...differences.map((line) => `${trader.email}: ${line}`))
      for (const line of differences) {
        const id = line.split(" ")[0]?.replaceAll("-", "") ?? ""
        const there = [...ledger.orders.values()].find(({ clientOrderId }) => clientOrderId === `oc${id}`)
        if (there !== undefined) lines.push(`  there: ${JSON.stringify(there)}`)
      }
    }
    throw new Error([...lines, desk.output().slice(-4_000)].join("\n"), { cause: error })
  }
}

const outcomesOf = async ({ people }: World, { url }: Desk.Desk): Promise<Record<string, number>> => {
  const counted: Record<string, number> = {}
  for (const { trader } of people) {
    const placed = new Set(trader.requests.map(({ method, orderId }) => (method === "POST" ? orderId : undefined)))
    for (const { orderId, reason, status } of await Client.allOrders(url, trader.token)) {
      if (!placed.has(orderId)) continue
      const outcome = status === "REJECTED" || status === "DENIED" ? `${status}: ${reason}` : status
      counted[outcome] = (counted[outcome] ?? 0) + 1
    }
  }
  return counted
}

/** Takes back what rests, through the desk, so that the next round has room. */
const clear = async (world: World, desk: Desk.Desk): Promise<void> => {
  for (const { trader } of world.people) {
    const { body } = await Client.call<Pick<DeskView, "orders">>(
      desk.url,
      "GET",
      "/api/trading/orders?state=open&limit=500",
      { token: trader.token }
    )
    for (const { orderId } of body.orders) {
      await Client.call(desk.url, "DELETE", `/api/trading/orders/${orderId}`, { token: trader.token })
    }
  }
  await agree(world, desk, performance.now())
}

/** How long a start takes with so many open orders, a tenth of which the exchange closed while the desk was dead. */
export const reopened = async (world: World, desk: Desk.Desk, open: number) => {
  const [person] = world.people
  if (person === undefined) throw new Error("nobody trades")
  const { ledger, trader } = person
  await trader.rest(open)
  await agree(world, desk, performance.now())
  await desk.kill()
  for (const [key, { orderId, status }] of [...ledger.orders].slice(0, Math.ceil(open / 10))) {
    const symbol = key.split(" ")[0] ?? ""
    if (status === "NEW") await ledger.call("DELETE", "/api/v3/order", { symbol, orderId })
  }
  await ledger.read()
  const began = performance.now()
  const next = await world.start()
  const readyMillis = await ready(next, began)
  const reconciledMillis = await within("not reconciled", began, DECIDED_MILLIS, async () =>
    compare(await viewOf(next.url, trader), ledger, trader.answered)
  )
  return { desk: next, readyMillis, reconciledMillis }
}

// Looks at a world's end from outside: the exchange's ledger, the journal, the read models and what each browser holds must agree (I1–I9).
import * as Account from "../../src/domain/Account.ts"
import { isOurs } from "../../src/domain/Hear.ts"
import { type AccountId, ClientOrderId, clientOrderIdOf } from "../../src/domain/Ids.ts"
import type { OrderStatus as EngineStatus } from "../../src/domain/matching/Order.ts"
import * as Money from "../../src/domain/Money.ts"
import type { Order } from "../../src/domain/Order.ts"
import * as Position from "../../src/domain/Position.ts"
import { balanceView, orderView, positionView } from "../../src/contract/Views.ts"
import { verify } from "../../src/ports/Audit.ts"
import type { StoredAccount } from "../../src/ports/MemoryJournal.ts"
import type { OrderRecord, TradeRecord } from "../../src/ports/PaperJournal.ts"
import { compare } from "../../src/ports/Rebuild.ts"
import { canonicalJson } from "../../src/domain/CanonicalJson.ts"
import { instruments } from "./Market.ts"
import type { Told } from "./People.ts"
import type { Watcher } from "./Watcher.ts"
import type { World } from "./World.ts"

const UNIT = Money.decimal("0.00000001")
const START: Readonly<Record<string, string>> = { USDT: "100000", BTC: "1", ETH: "10" }
/** A doubt ends this soon after the call, or after whatever stood in the way of finding out. */
const WITHIN = 15_000

interface Look {
  readonly accountId: AccountId
  readonly account: StoredAccount
  readonly placed: ReadonlyArray<OrderRecord>
  readonly trades: ReadonlyArray<TradeRecord>
}

type Complain = (what: string) => void

export const all = async (
  world: World,
  traders: ReadonlyArray<Told>,
  watchers: ReadonlyArray<Watcher>
): Promise<ReadonlyArray<string>> => {
  const found: Array<string> = []
  for (const trader of traders) {
    const { accountId } = trader
    const { accounts, ledger } = world.outside
    const account = accounts.get(accountId)
    if (account === undefined) {
      found.push(`I1 ${accountId} has no journal`)
      continue
    }
    const placed = [...ledger.orders.values()].filter((order) => order.account === accountId)
    const trades = ledger.trades.filter((trade) => trade.account === accountId)
    const look: Look = { accountId, account, placed, trades }
    const complain = (what: string) => void found.push(`${what} (${accountId})`)
    decided(look, trader, complain)
    once(look, complain)
    whole(look, complain)
    instead(look, complain)
    fates(look, complain)
    fills(look, complain)
    money(world, look, complain)
    await folds(world, look, complain)
  }
  for (const watcher of watchers)
    await shown(world, watcher, (what) => void found.push(`${what} (${watcher.accountId})`))
  for (const late of doubts(world).late) found.push(late)
  return found
}

/** I1, I3: whatever was answered has been decided, and nothing waits. */
const decided = ({ account }: Look, { answers }: Told, complain: Complain): void => {
  for (const key of answers.keys()) {
    if (account.commands.get(key)?.receipt === undefined) complain(`I1 ${key} was answered and never decided`)
  }
  for (const [key, { receipt }] of account.commands) if (receipt === undefined) complain(`I1 ${key} still waits`)
  for (const { orderId, status } of account.orders.values()) {
    if (["PENDING", "SUBMITTING", "CANCELING", "AMENDING", "UNKNOWN"].includes(status)) {
      complain(`I4 ${orderId} is ${status} for good`)
    }
  }
  if (account.blind !== undefined) complain("the account is blind for good")
}

/** I2: no order of ours is at the exchange twice, and none that the desk does not know. */
const once = ({ account, placed }: Look, complain: Complain): void => {
  const seen = new Set<string>()
  const known = new Set([...account.orders.values()].map(({ clientOrderId }) => clientOrderId))
  for (const { clientOrderId } of placed) {
    if (!isOurs(ClientOrderId.make(clientOrderId))) continue
    if (seen.has(clientOrderId)) complain(`I2 doubled: ${clientOrderId}`)
    seen.add(clientOrderId)
    if (!known.has(ClientOrderId.make(clientOrderId))) complain(`I2 lost: the desk does not know ${clientOrderId}`)
  }
}

/** I2: a list is at the exchange with all of its orders, as one list, or not at all. */
const whole = ({ account, placed }: Look, complain: Complain): void => {
  const there = new Map(placed.map((order) => [order.clientOrderId, order.listId]))
  const lists = new Map<string, Set<number | undefined>>()
  for (const { clientOrderId, list } of account.orders.values()) {
    if (list === undefined) continue
    lists.set(list.listId, (lists.get(list.listId) ?? new Set()).add(there.get(clientOrderId)))
  }
  for (const [listId, ids] of lists) if (ids.size > 1) complain(`I2 the list ${listId} is torn at the exchange`)
}

/** I2: an order whose place was taken before anything of it had traded, as the caller knew it, has not traded. */
const instead = ({ account, placed }: Look, complain: Complain): void => {
  const there = new Map(placed.map((order) => [order.clientOrderId, order]))
  for (const { envelope } of account.commands.values()) {
    const { command } = envelope
    if (command._tag !== "ReplaceOrder" || !Money.isZero(command.executedQuantity ?? Money.zero)) continue
    const old = account.orders.get(command.replaces)
    const executed = old === undefined ? 0 : (there.get(old.clientOrderId)?.executedLots ?? 0)
    if (executed > 0 && there.has(clientOrderIdOf(command.orderId))) {
      complain(`I2 doubled: ${command.orderId} took the place of ${command.replaces}, which had traded`)
    }
  }
}

const FATES: Readonly<Record<EngineStatus, ReadonlyArray<Order["status"]>>> = {
  PENDING_NEW: ["PENDING_NEW"],
  NEW: ["NEW"],
  PARTIALLY_FILLED: ["PARTIALLY_FILLED"],
  FILLED: ["FILLED"],
  CANCELED: ["CANCELED"],
  REJECTED: ["REJECTED"],
  EXPIRED: ["EXPIRED"],
  EXPIRED_IN_MATCH: ["EXPIRED"]
}

/** I4: every order stands here as it stands there; what never arrived is closed, and what is closed so never arrived. */
const fates = ({ account, placed }: Look, complain: Complain): void => {
  const byId = new Map(placed.map((order) => [order.clientOrderId, order]))
  for (const order of account.orders.values()) {
    if (order.external !== undefined) continue
    const there = byId.get(order.clientOrderId)
    if (there === undefined) {
      if (order.status !== "DENIED" && order.status !== "REJECTED") {
        complain(`I4 ${order.orderId} is ${order.status} here and unknown there`)
      }
      continue
    }
    if (!FATES[there.status].includes(order.status)) {
      complain(`I4 wrongly closed: ${order.orderId} is ${order.status} here and ${there.status} there`)
    }
    const step = instruments.get(there.symbol)?.stepSize ?? UNIT
    const executed = Money.format(Money.fromUnits(BigInt(there.executedLots), step))
    if (Money.format(order.executedQuantity) !== executed) {
      complain(`I8 ${order.orderId} executed ${Money.format(order.executedQuantity)} here and ${executed} there`)
    }
    const quantity = Money.format(Money.fromUnits(BigInt(there.lots), step))
    if (Money.format(order.intent.quantity) !== quantity) {
      complain(`I4 ${order.orderId} is over ${Money.format(order.intent.quantity)} here and ${quantity} there`)
    }
  }
}

/** I7: the fills of our orders are the exchange's trades, each once. */
const fills = ({ account, placed, trades }: Look, complain: Complain): void => {
  const ours = new Set(
    placed.filter(({ clientOrderId }) => isOurs(ClientOrderId.make(clientOrderId))).map(({ orderId }) => orderId)
  )
  const there = new Map(trades.map((trade) => [`${trade.symbol} ${trade.tradeId}`, trade]))
  const booked = new Set<string>()
  for (const fill of account.fills) {
    const key = `${fill.symbol} ${fill.tradeId}`
    if (booked.has(key)) complain(`I7 ${key} was booked twice`)
    booked.add(key)
    const trade = there.get(key)
    if (trade === undefined) {
      complain(`I7 ${key} was booked and never traded`)
      continue
    }
    const { stepSize, tickSize } = instruments.get(fill.symbol)!
    const same =
      Money.equals(fill.price, Money.fromUnits(BigInt(trade.ticks), tickSize)) &&
      Money.equals(fill.quantity, Money.fromUnits(BigInt(trade.lots), stepSize)) &&
      Money.equals(fill.fee, Money.fromUnits(trade.commission, UNIT)) &&
      fill.feeAsset === trade.commissionAsset
    if (!same) complain(`I7 ${key} is not the trade that was made`)
  }
  for (const [key, { orderId }] of there)
    if (ours.has(orderId) && !booked.has(key)) complain(`I7 ${key} was never booked`)
}

/** I6: the desk's money is the exchange's, and the exchange's is what its trades make of the start. */
const money = (world: World, { account, accountId, trades }: Look, complain: Complain): void => {
  const { venue } = world.outside
  const expected = new Map(Object.entries(START).map(([asset, amount]) => [asset, Money.decimal(amount)]))
  const add = (asset: string, amount: Money.Decimal) =>
    expected.set(asset, Money.add(expected.get(asset) ?? Money.zero, amount))
  add("USDT", Money.fromUnits(world.deposits.get(accountId) ?? 0n, UNIT))
  for (const trade of trades) {
    const { baseAsset, quoteAsset, stepSize } = instruments.get(trade.symbol)!
    const base = Money.fromUnits(BigInt(trade.lots), stepSize)
    const quote = Money.fromUnits(trade.quote, UNIT)
    add(baseAsset, trade.buyer ? base : Money.negate(base))
    add(quoteAsset, trade.buyer ? Money.negate(quote) : quote)
    add(trade.commissionAsset, Money.negate(Money.fromUnits(trade.commission, UNIT)))
  }
  const theirs = new Map(venue.balances(accountId).map((one) => [one.asset, one]))
  for (const [asset, total] of expected) {
    const there = theirs.get(asset)
    const [free, locked] = [there?.free ?? 0n, there?.locked ?? 0n].map((amount) => Money.fromUnits(amount, UNIT)) as [
      Money.Decimal,
      Money.Decimal
    ]
    if (!Money.equals(total, Money.add(free, locked))) complain(`I6 the exchange made ${asset} out of nothing`)
    const here = account.balances.get(asset) ?? { free: Money.zero, held: Money.zero }
    const both = `${Money.format(here.free)} + ${Money.format(here.held)} here, ${Money.format(free)} + ${Money.format(locked)} there`
    if (!Money.equals(Money.add(here.free, here.held), Money.add(free, locked))) complain(`I6 ${asset}: ${both}`)
    else if (!Money.equals(here.held, locked)) complain(`I6 ${asset} held: ${both}`)
  }
  const drifted = account.events.filter(({ event }) => event._tag === "BalanceAdjusted" && event.drift !== undefined)
  const { deposits, strangers } = world.given
  if (drifted.length > 0 && deposits === 0 && strangers === 0) {
    complain(`I6 totals drifted ${drifted.length} times although nobody else traded`)
  }
}

/** I8: position = fold of the fills; read models = fold of the journal; and nobody has changed the journal. */
const folds = async (world: World, { account, accountId }: Look, complain: Complain): Promise<void> => {
  const positions = new Map<string, Position.Position>()
  for (const fill of account.fills) {
    const before = positions.get(fill.symbol) ?? Position.flat(fill.symbol)
    positions.set(fill.symbol, Position.book(before, fill.side, fill, instruments.get(fill.symbol)!))
  }
  for (const [symbol, position] of positions) {
    const stored = account.positions.get(symbol)
    if (stored === undefined || canonicalJson(positionView(stored)) !== canonicalJson(positionView(position))) {
      complain(`I8 the position in ${symbol} is not the fold of its fills`)
    }
  }
  const { blotter, store } = world.outside
  const { difference } = await world.time.runEffect(compare(store.real, blotter, accountId), world.context, 1_000)
  if (difference !== undefined) complain(`I8 ${difference}`)
  const { fault } = await world.time.runEffect(verify(store.real, accountId), world.context, 1_000)
  if (fault !== undefined) complain(`the chain: event ${fault.seq} ${fault.what}`)
}

/** I8: a browser that is level shows what the read models say. */
const shown = async (world: World, { accountId, ledger, sequence }: Watcher, complain: Complain): Promise<void> => {
  const state = await world.time.runEffect(world.outside.blotter.state(accountId), world.context, 1_000)
  if (sequence.seq !== state.seq)
    return complain(`I8 the browser stands at ${String(sequence.seq)}, the desk at ${state.seq}`)
  const pairs = [
    [
      "orders",
      Object.fromEntries(ledger.open),
      Object.fromEntries(state.orders.map((one) => [one.orderId, orderView(one)]))
    ],
    [
      "balances",
      Object.fromEntries(ledger.balances),
      Object.fromEntries(state.balances.map((one) => [one.asset, balanceView(one)]))
    ],
    [
      "positions",
      Object.fromEntries(ledger.positions),
      Object.fromEntries(state.positions.map((one) => [one.symbol, positionView(one)]))
    ]
  ] as const
  for (const [name, page, desk] of pairs) {
    if (canonicalJson(page) !== canonicalJson(desk)) complain(`I8 the browser's ${name} are not the desk's`)
  }
}

export interface Doubts {
  readonly count: number
  /** From the call to the end of the doubt, milliseconds; and from the last obstacle. */
  readonly longest: number
  readonly longestUnhindered: number
  readonly late: ReadonlyArray<string>
}

/** Every UNKNOWN, from the journal: when its call was made, and when it ended. */
export const doubts = (world: World): Doubts => {
  const result = { count: 0, longest: 0, longestUnhindered: 0, late: new Array<string>() }
  const obstacles = world.obstacles.toSorted((a, b) => a[1] - b[1])
  for (const [accountId, { events }] of world.outside.accounts) {
    let account = Account.empty(accountId)
    const open = new Map<string, number>()
    for (const recorded of events) {
      account = Account.evolve(account, recorded, (symbol) => instruments.get(symbol)!)
      const { event } = recorded
      if (!("orderId" in event)) continue
      const order = Account.orderOf(account, event.orderId)
      for (const call of ["submit", "cancel", "amend"] as const) {
        const flight = order?.flights?.find((one) => one.call === call)
        const key = `${event.orderId} ${call}`
        if (flight?.doubt !== undefined) open.set(key, flight.sentAt - world.given.clockOffset)
        const sentAt = open.get(key)
        if (flight?.doubt !== undefined || sentAt === undefined) continue
        open.delete(key)
        result.count++
        const hindered = lastBefore(obstacles, recorded.at)
        result.longest = Math.max(result.longest, recorded.at - sentAt)
        const unhindered = recorded.at - Math.max(sentAt, hindered)
        result.longestUnhindered = Math.max(result.longestUnhindered, unhindered)
        if (unhindered > WITHIN) result.late.push(`I4 ${key} of ${accountId} stayed in doubt for ${unhindered} ms`)
      }
    }
    for (const key of open.keys()) result.late.push(`I4 ${key} of ${accountId} is in doubt for good`)
  }
  return result
}

const lastBefore = (obstacles: ReadonlyArray<readonly [number, number]>, at: number): number => {
  let [low, high] = [0, obstacles.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (obstacles[middle]![1] <= at) low = middle + 1
    else high = middle
  }
  return obstacles[low - 1]?.[1] ?? 0
}

// A random command for a world, or a few that belong together when the outside market moves.
import type { CancelRestriction, OrderRef } from "../../../../src/domain/matching/Command.ts"
import type { Side } from "../../../../src/domain/Order.ts"
import * as Funds from "./Funds.ts"
import { freshId, randomList, randomOrder } from "./RandomOrder.ts"
import type { NaiveOrder } from "./State.ts"
import { opposite, queue } from "./State.ts"
import type { OutsideMarket, World } from "./World.ts"
import { accounts, assets, MIDDLE } from "./World.ts"

interface Target {
  readonly at: number
  readonly account: string
  readonly symbol: string
}

const target = (world: World, market: OutsideMarket): Target => {
  const { draws } = world
  world.account = draws.pick(accounts)
  return {
    at: world.at,
    account: draws.percent(99) ? world.account : "ghost",
    symbol: draws.percent(99) ? market.listing.instrument.symbol : "NONEUSD"
  }
}

/** An open order, whose it is, and a way to name it; sometimes a wrong one. */
const existing = (world: World, market: OutsideMarket): Target & { order: OrderRef; open: NaiveOrder | undefined } => {
  const { draws } = world
  const { orders } = world.naive.state
  const open = orders.length === 0 ? undefined : draws.pick(orders)
  if (open === undefined || draws.percent(4)) {
    return { ...target(world, market), order: { clientOrderId: `c${draws.below(world.ids + 1)}` }, open: undefined }
  }
  const { orderId, clientOrderId } = open
  const order: OrderRef = draws.weighted([
    [60, { clientOrderId }],
    [25, { orderId }],
    [10, { orderId, clientOrderId }],
    [5, { orderId, clientOrderId: `${clientOrderId}x` }]
  ])
  const account = draws.percent(98) ? open.account : draws.pick(accounts)
  world.account = account
  return { at: world.at, account, symbol: open.symbol, order, open }
}

const restriction = (world: World): { restriction?: CancelRestriction } =>
  world.draws.percent(20) ? { restriction: world.draws.pick(["ONLY_NEW", "ONLY_PARTIALLY_FILLED"] as const) } : {}

const place = (world: World, market: OutsideMarket): void => {
  const whose = target(world, market)
  world.give({ _tag: "Place", ...whose, order: randomOrder(world, market) })
}

const placeList = (world: World, market: OutsideMarket): void => {
  const whose = target(world, market)
  world.give({ _tag: "PlaceList", ...whose, list: randomList(world, market) })
}

const cancel = (world: World, market: OutsideMarket): void => {
  const { open: _, ...named } = existing(world, market)
  world.give({ _tag: "Cancel", ...named, cancelId: freshId(world), ...restriction(world) })
}

const cancelAll = (world: World, market: OutsideMarket): void => {
  world.give({ _tag: "CancelAll", ...target(world, market), cancelId: freshId(world) })
}

const cancelList = (world: World, market: OutsideMarket): void => {
  const { lists } = world.naive.state
  const list = lists.length === 0 ? undefined : world.draws.pick(lists)
  const { listId, listClientOrderId } = list ?? { listId: 999, listClientOrderId: "none" }
  const { account, symbol } = list ?? target(world, market)
  const ref = world.draws.pick([{ listId }, { listClientOrderId }, { listId, listClientOrderId }])
  world.give({ _tag: "CancelList", at: world.at, account, symbol, list: ref, cancelId: freshId(world) })
}

const cancelReplace = (world: World, market: OutsideMarket): void => {
  const { open, order, ...named } = existing(world, market)
  world.give({
    _tag: "CancelReplace",
    ...named,
    cancel: order,
    cancelId: freshId(world),
    ...restriction(world),
    mode: world.draws.pick(["STOP_ON_FAILURE", "ALLOW_FAILURE"] as const),
    mayPlace: world.draws.percent(92),
    order: randomOrder(world, open === undefined ? market : world.marketOf(open.symbol))
  })
}

const amend = (world: World, market: OutsideMarket): void => {
  const { open, ...named } = existing(world, market)
  const { draws } = world
  const lots = open === undefined ? 3 : draws.percent(85) ? draws.between(1, Math.max(1, open.lots - 1)) : open.lots
  world.give({
    _tag: "Amend",
    ...named,
    lots: lots + (draws.percent(5) ? 20 : 0),
    clientOrderId: open === undefined || draws.percent(50) ? freshId(world) : open.clientOrderId
  })
}

const tape = (world: World, market: OutsideMarket): void => {
  const { draws } = world
  const { symbol } = market.listing.instrument
  const takerSide = draws.pick(["BUY", "SELL"] as const)
  const waiting = queue(world.naive.state, symbol, opposite(takerSide))
  // Half of the prints go where orders queue.
  const ticks =
    waiting.length > 0 && draws.percent(50) ? draws.pick(waiting).ticks : market.middle + draws.between(-2, 2)
  world.give({ _tag: "Tape", at: world.at, symbol, ticks, lots: draws.between(1, 14), takerSide })
}

const restate = (world: World, market: OutsideMarket, side: Side, ticks: number, lots: number): void => {
  world.give({ _tag: "Outside", at: world.at, symbol: market.listing.instrument.symbol, side, ticks, lots })
}

/** The middle wanders back towards its start; a level may lie past users' orders, never past the market's own other side. */
const outside = (world: World, market: OutsideMarket): void => {
  const { draws } = world
  if (draws.percent(30)) {
    const drift = Math.sign(MIDDLE - market.middle)
    market.middle += draws.percent(60) ? drift : draws.pick([-1, 1])
  }
  const side = draws.pick(["BUY", "SELL"] as const)
  const away = draws.between(1, 4)
  const own = queue(world.naive.state, market.listing.instrument.symbol, side)
  const beside = side === "BUY" ? market.middle - away : market.middle + away
  const ticks = own.length > 0 && draws.percent(30) ? draws.pick(own).ticks : beside
  for (const [crossed, lots] of market.levels[opposite(side)]) {
    const past = side === "BUY" ? crossed <= ticks : crossed >= ticks
    if (lots > 0 && past) restate(world, market, opposite(side), crossed, 0)
  }
  const lots = draws.weighted([
    [25, 0],
    [65, draws.between(1, 9)],
    [10, draws.between(20, 60)]
  ])
  restate(world, market, side, ticks, lots)
}

const deposit = (world: World): void => {
  const { draws } = world
  const asset = draws.pick(assets)
  const account = draws.pick(accounts)
  const { listing } = world.markets[asset === "BRV" ? 1 : 0]!
  const some = Funds.baseAmount(listing, draws.between(1, 30))
  const free = Funds.free(world.naive.state, account, asset)
  const amount = draws.weighted([
    [60, some],
    [15, -some],
    [20, -free],
    [5, -free - 1n]
  ])
  world.give({ _tag: "Deposit", at: world.at, account, asset, amount })
}

const commission = (world: World): void => {
  const [maker, taker] = [world.draws.below(300_000), world.draws.below(300_000)]
  world.give({ _tag: "SetCommission", at: world.at, account: world.draws.pick(accounts), maker, taker })
}

/** A symbol closes for a moment. */
const halt = (world: World, market: OutsideMarket): void => {
  const { listing } = market
  const status = world.draws.pick(["HALT", "CANCEL_ONLY"] as const)
  world.give({ _tag: "List", at: world.at, listing: { ...listing, status } })
  place(world, market)
  cancel(world, market)
  world.give({ _tag: "List", at: world.at, listing })
}

const reopen = (world: World): void => {
  const balances = [{ asset: "USD", amount: 5n }]
  world.give({ _tag: "OpenAccount", at: world.at, account: world.draws.pick(accounts), balances })
}

export const draw = (world: World): void => {
  const act = world.draws.weighted<(world: World, market: OutsideMarket) => void>([
    [430, place],
    [110, placeList],
    [60, cancel],
    [4, cancelAll],
    [14, cancelList],
    [60, cancelReplace],
    [60, amend],
    [90, tape],
    [140, outside],
    [30, deposit],
    [6, commission],
    [2, halt],
    [2, reopen]
  ])
  act(world, world.draws.pick(world.markets))
}

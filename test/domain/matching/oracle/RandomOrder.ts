// A random order or list: mostly acceptable, priced so that many of them meet.
import type { NewList } from "../../../../src/domain/matching/Command.ts"
import { selfTradePreventions } from "../../../../src/domain/matching/Listing.ts"
import type { NewOrder, OrderType } from "../../../../src/domain/matching/Order.ts"
import type { Side } from "../../../../src/domain/Order.ts"
import * as Funds from "./Funds.ts"
import { firesAbove, hasPrice, opposite } from "./State.ts"
import type { OutsideMarket, World } from "./World.ts"

export const freshId = (world: World): string => `c${++world.ids}`

/** Now and then one that is in use. */
const clientId = (world: World): string => {
  const { orders } = world.naive.state
  return orders.length > 0 && world.draws.percent(2) ? world.draws.pick(orders).clientOrderId : freshId(world)
}

/** About what the account has left, so that balances decide. */
const allIn = (world: World, market: OutsideMarket, side: Side, ticks = market.middle): number => {
  const { baseAsset, quoteAsset } = market.listing.instrument
  const { state } = world.naive
  const price = Funds.quoteAmount(market.listing, ticks, 1)
  const fits =
    side === "BUY"
      ? Funds.free(state, world.account, quoteAsset) / price
      : Funds.free(state, world.account, baseAsset) / Funds.baseAmount(market.listing, 1)
  return Math.max(2, Math.min(40, Number(fits)) + world.draws.between(-1, 1))
}

const base = (world: World, market: OutsideMarket, side: Side, type: OrderType): NewOrder => ({
  clientOrderId: clientId(world),
  side,
  type,
  timeInForce: "GTC",
  lots: world.draws.weighted([
    [3, 1],
    [80, world.draws.between(2, 12)],
    [10, allIn(world, market, side)],
    [5, world.draws.between(20, 32)],
    [2, 45]
  ]),
  quote: 0n,
  ticks: 0,
  stopTicks: 0,
  trailingBips: 0,
  icebergLots: 0,
  stp: world.draws.percent(96)
    ? world.draws.pick([...market.listing.allowedStps])
    : world.draws.pick(selfTradePreventions)
})

/** Mostly around the middle; often beside the outside market's own, so that orders queue. */
const priceNear = (world: World, market: OutsideMarket, side: Side, away: number): number => {
  const { draws } = world
  const outside = [...market.levels[side].keys()]
  if (outside.length > 0 && draws.percent(25)) return draws.pick(outside)
  return draws.percent(2) ? draws.between(80, 125) : market.middle + away
}

/** Positive offsets are passive, negative ones cross. */
const passive = (side: Side, offset: number): number => (side === "BUY" ? -offset : offset)

const iceberg = (world: World, order: NewOrder, chance: number): NewOrder => {
  const possible = hasPrice(order.type) && order.timeInForce === "GTC" && order.lots > 3
  if (!possible || !world.draws.percent(chance)) return order
  return { ...order, icebergLots: world.draws.between(2, order.lots - (world.draws.percent(10) ? 0 : 1)) }
}

export const limit = (world: World, market: OutsideMarket, side: Side): NewOrder => {
  const { draws } = world
  const order: NewOrder = {
    ...base(world, market, side, "LIMIT"),
    timeInForce: draws.weighted([
      [66, "GTC"],
      [16, "IOC"],
      [18, "FOK"]
    ]),
    ticks: priceNear(world, market, side, passive(side, draws.between(-4, 5)))
  }
  return iceberg(world, order, 20)
}

export const maker = (world: World, market: OutsideMarket, side: Side): NewOrder =>
  iceberg(
    world,
    {
      ...base(world, market, side, "LIMIT_MAKER"),
      ticks: priceNear(world, market, side, passive(side, world.draws.between(-1, 6)))
    },
    10
  )

export const atMarket = (world: World, market: OutsideMarket, side: Side): NewOrder =>
  base(world, market, side, "MARKET")

export const byQuote = (world: World, market: OutsideMarket, side: Side): NewOrder => {
  const lots = world.draws.between(1, 25)
  const around = Funds.quoteAmount(market.listing, market.middle, lots)
  return { ...base(world, market, side, "MARKET"), lots: 0, quote: around + BigInt(world.draws.between(-400, 400)) }
}

const stopTypes = ["STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"] as const

export const stop = (
  world: World,
  market: OutsideMarket,
  side: Side,
  type: OrderType = world.draws.pick(stopTypes)
): NewOrder => {
  const { draws } = world
  const last = market.lastTicks === 0 ? market.middle : market.lastTicks
  const distance = draws.percent(8) ? 0 : draws.between(1, 4)
  const stopTicks = firesAbove({ type, side }) ? last + distance : last - distance
  const ordinary = base(world, market, side, type)
  const plain = draws.percent(type === "STOP_LOSS" && side === "BUY" ? 70 : 20)
    ? { ...ordinary, lots: allIn(world, market, side, stopTicks) }
    : ordinary
  const trails = draws.percent(25)
  const order: NewOrder = {
    ...plain,
    stopTicks: trails && draws.percent(50) ? 0 : stopTicks,
    trailingBips: trails
      ? draws.weighted([[90, draws.between(90, 400)] as const, [5, 5] as const, [5, 3000] as const])
      : 0
  }
  if (!hasPrice(type)) return order
  const priced: NewOrder = {
    ...order,
    timeInForce: draws.weighted([
      [80, "GTC"],
      [10, "IOC"],
      [10, "FOK"]
    ]),
    ticks: stopTicks + passive(side, draws.between(-3, 2))
  }
  return iceberg(world, priced, 20)
}

/** Two legs around the last price: a limit maker or take profit on the better side, a stop loss on the other. */
const pair = (world: World, market: OutsideMarket, side: Side): { above: NewOrder; below: NewOrder } => {
  const { draws } = world
  const last = market.lastTicks === 0 ? market.middle : market.lastTicks
  const better: NewOrder = draws.percent(60)
    ? {
        ...base(world, market, side, "LIMIT_MAKER"),
        ticks: last + passive(side, draws.percent(8) ? 0 : draws.between(1, 4))
      }
    : stop(world, market, side, draws.pick(["TAKE_PROFIT", "TAKE_PROFIT_LIMIT"]))
  const worse = stop(world, market, side, draws.pick(["STOP_LOSS", "STOP_LOSS_LIMIT"]))
  const same = { lots: better.lots, stp: better.stp }
  const other = iceberg(world, { ...worse, ...same, icebergLots: 0 }, 10)
  return side === "SELL" ? { above: better, below: other } : { above: other, below: better }
}

export const randomOrder = (world: World, market: OutsideMarket): NewOrder => {
  const side = world.draws.pick(["BUY", "SELL"] as const)
  const make = world.draws.weighted([
    [48, limit],
    [12, maker],
    [9, atMarket],
    [8, byQuote],
    [23, stop]
  ])
  return make(world, market, side)
}

export const randomList = (world: World, market: OutsideMarket): NewList => {
  const { draws } = world
  const side = draws.pick(["BUY", "SELL"] as const)
  const { lists } = world.naive.state
  const listClientOrderId = lists.length > 0 && draws.percent(3) ? draws.pick(lists).listClientOrderId : freshId(world)
  const kind = draws.pick(["OCO", "OTO", "OTOCO"] as const)
  if (kind === "OCO") return { kind, listClientOrderId, ...pair(world, market, side) }
  const working = draws.percent(70) ? limit(world, market, side) : maker(world, market, side)
  const pendingSide = draws.percent(80) ? opposite(side) : side
  if (kind === "OTOCO") return { kind, listClientOrderId, working, ...pair(world, market, pendingSide) }
  const make = draws.pick([limit, maker, atMarket, stop])
  return { kind, listClientOrderId, working, pending: make(world, market, pendingSide) }
}

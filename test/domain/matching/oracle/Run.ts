// One command being carried out: a copy of the state, the market it sees, and what it has caused so far.
import type { MarketNow } from "../../../../src/domain/matching/Command.ts"
import type { ExecutionType, OwnTrade, PreventedMatch, TradeCause } from "../../../../src/domain/matching/Event.ts"
import type { ExpiryReason, OrderStatus } from "../../../../src/domain/matching/Order.ts"
import type { Rejection } from "../../../../src/domain/matching/Rejection.ts"
import type { Side } from "../../../../src/domain/Order.ts"
import type { Path } from "./Paths.ts"
import * as State from "./State.ts"
import type { NaiveOrder } from "./State.ts"

/** A step in an order's life, without the order. */
export interface Step {
  readonly orderId: number
  readonly type: ExecutionType
  readonly status: OrderStatus
  readonly clientOrderId: string
  readonly lots: number
  readonly executedLots: number
  readonly executedQuote: bigint
  readonly preventedLots: number
  readonly trade: OwnTrade | undefined
  readonly prevented: PreventedMatch | undefined
  readonly expiry: ExpiryReason | undefined
  readonly originalClientOrderId: string | undefined
  readonly rejectReason: string | undefined
}

export interface Printed {
  readonly symbol: string
  readonly tradeId: number
  readonly ticks: number
  readonly lots: number
  readonly takerSide: Side
  readonly cause: TradeCause
}

/** A triggered stop, or a list whose working leg has filled. */
export type Due =
  { readonly _tag: "Triggered"; readonly orderId: number } | { readonly _tag: "Activated"; readonly listId: number }

export interface Run {
  readonly state: State.State
  readonly at: number
  readonly symbol: string
  readonly market: MarketNow
  /** Outside lots this command has taken, by price. */
  readonly taken: Array<{ side: Side; ticks: number; lots: number }>
  readonly due: Array<Due>
  readonly steps: Array<Step>
  readonly prints: Array<Printed>
  readonly paths: Array<Path>
  /** The last trade of this command, or before it. */
  lastTicks: number
}

export const begin = (state: State.State, at: number, symbol: string, market: MarketNow): Run => ({
  state: State.copy(state),
  at,
  symbol,
  market,
  taken: [],
  due: [],
  steps: [],
  prints: [],
  paths: [],
  lastTicks: market.lastTicks
})

/** Greater than the market's last and than any of this engine's own. */
export const nextTradeId = ({ state, symbol, market }: Run): number => {
  const own = state.lastTradeIds.find((last) => last.symbol === symbol)
  const id = Math.max(market.lastTradeId, own?.id ?? 0) + 1
  if (own === undefined) state.lastTradeIds.push({ symbol, id })
  else own.id = id
  return id
}

/** To see what would happen. */
export const rehearsal = (run: Run): Run => ({
  ...run,
  state: State.copy(run.state),
  taken: run.taken.map((level) => ({ ...level })),
  due: [...run.due],
  steps: [],
  prints: [],
  paths: []
})

/** Thrown inside a command; whoever began the run drops it. */
export class Refused extends Error {
  readonly rejections: ReadonlyArray<Rejection>
  /** The rules do not order checks of the same kind: any of these is a right answer. */
  constructor(rejections: ReadonlyArray<Rejection>) {
    super(rejections.map(({ message }) => message).join(" / "))
    this.rejections = rejections
  }
}

export const refuse = (...rejections: ReadonlyArray<Rejection>): never => {
  throw new Refused(rejections)
}

export const note = (
  run: Run,
  order: NaiveOrder,
  type: ExecutionType,
  more: Partial<
    Pick<Step, "trade" | "prevented" | "expiry" | "originalClientOrderId" | "rejectReason" | "clientOrderId">
  > = {}
): void => {
  run.steps.push({
    orderId: order.orderId,
    type,
    status: order.status,
    clientOrderId: order.clientOrderId,
    lots: order.lots,
    executedLots: order.executedLots,
    executedQuote: order.executedQuote,
    preventedLots: order.preventedLots,
    trade: undefined,
    prevented: undefined,
    expiry: undefined,
    originalClientOrderId: undefined,
    rejectReason: undefined,
    ...more
  })
}

/** The best outside level that a taker of this side has not used up in this command. */
export const bestOutside = (run: Run, taker: Side): { ticks: number; lots: number } | undefined => {
  for (let index = 0; ; index++) {
    const ticks = run.market.outside.ticksAt(taker, index)
    if (ticks === 0) return undefined
    const taken = run.taken.find((level) => level.side === taker && level.ticks === ticks)?.lots ?? 0
    const lots = run.market.outside.lotsAt(taker, index) - taken
    if (lots > 0) return { ticks, lots }
  }
}

export const takeOutside = (run: Run, taker: Side, ticks: number, lots: number): void => {
  const level = run.taken.find((level) => level.side === taker && level.ticks === ticks)
  if (level === undefined) run.taken.push({ side: taker, ticks, lots })
  else level.lots += lots
}

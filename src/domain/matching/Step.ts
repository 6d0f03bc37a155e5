// One command on its way through the engine: the market beside it, what happened so far, and what is still to do because of it.
import type { Side } from "../Order.ts"
import type { PriceLevel } from "./BookSide.ts"
import type { MarketNow } from "./Command.ts"
import type { EngineEvent, ExecutionType, ListStatus, OwnTrade, PreventedMatch, TradeCause } from "./Event.ts"
import type { OpenList } from "./OpenList.ts"
import type { OpenOrder } from "./OpenOrder.ts"
import { type Seat, TOUCHED_BASE, TOUCHED_QUOTE } from "./Seat.ts"
import type { State } from "./State.ts"
import type { SymbolBook } from "./SymbolBook.ts"

export class Step {
  readonly state: State
  book: SymbolBook
  at = 0
  market: MarketNow
  /** The last trade's price as this step sees it. */
  lastTicks = 0
  events: Array<EngineEvent> = []
  /** Orders whose price has come and lists whose working leg has filled, oldest first. */
  readonly due: Array<OpenOrder | OpenList> = []
  /** Lists that ended and are told of once the leg that ended them has had its events. */
  readonly ended: Array<OpenList> = []
  private number = 0
  /** Touched by this step: the first so many of arrays that are kept from step to step. */
  private readonly levels: Array<PriceLevel> = []
  private levelCount = 0
  private readonly seats: Array<Seat> = []
  private seatCount = 0
  /** How far takers of this step have walked the outside market: levels done with, and lots of the next one. */
  private readonly walked = { BUY: { index: 0, lots: 0 }, SELL: { index: 0, lots: 0 } }

  constructor(state: State, book: SymbolBook, market: MarketNow) {
    this.state = state
    this.book = book
    this.market = market
  }

  begin(book: SymbolBook, at: number, market: MarketNow): void {
    this.book = book
    this.at = at
    this.market = market
    this.lastTicks = market.lastTicks
    this.events = []
    this.number++
    const { BUY, SELL } = this.walked
    BUY.index = 0
    BUY.lots = 0
    SELL.index = 0
    SELL.lots = 0
  }

  /** Price of the best outside level that is left for a taker of this side, 0 where there is none. */
  outsideTicks(taker: Side): number {
    const walked = taker === "BUY" ? this.walked.BUY : this.walked.SELL
    const { outside } = this.market
    for (;;) {
      const ticks = outside.ticksAt(taker, walked.index)
      if (ticks === 0 || outside.lotsAt(taker, walked.index) > walked.lots) return ticks
      walked.index++
      walked.lots = 0
    }
  }

  outsideLots(taker: Side): number {
    const walked = taker === "BUY" ? this.walked.BUY : this.walked.SELL
    return this.market.outside.lotsAt(taker, walked.index) - walked.lots
  }

  /** Which level `outsideTicks` found. */
  outsideIndex(taker: Side): number {
    return taker === "BUY" ? this.walked.BUY.index : this.walked.SELL.index
  }

  walkOutside(taker: Side, lots: number): void {
    const walked = taker === "BUY" ? this.walked.BUY : this.walked.SELL
    walked.lots += lots
  }

  nextTradeId(): number {
    const { book } = this
    const last = book.lastTradeId > this.market.lastTradeId ? book.lastTradeId : this.market.lastTradeId
    book.lastTradeId = last + 1
    return last + 1
  }

  touchLevel(level: PriceLevel): void {
    if (level.touchedIn === this.number) return
    level.touchedIn = this.number
    this.levels[this.levelCount++] = level
  }

  touch(seat: Seat, assets: number): void {
    if (seat.touched === 0) this.seats[this.seatCount++] = seat
    seat.touched |= assets
  }

  /** The asset that an order of this side pays with. */
  touchPaid(order: OpenOrder): void {
    this.touch(order.seat, order.side === "BUY" ? TOUCHED_QUOTE : TOUCHED_BASE)
  }

  execution(
    order: OpenOrder,
    type: ExecutionType,
    working: boolean,
    trade?: OwnTrade,
    prevented?: PreventedMatch,
    clientOrderId: string = order.clientOrderId,
    originalClientOrderId?: string,
    rejectReason?: string
  ): void {
    order.updatedAt = this.at
    this.events.push({
      _tag: "Execution",
      order,
      type,
      executionId: ++this.state.executionId,
      at: this.at,
      status: order.status,
      clientOrderId,
      lots: order.lots,
      executedLots: order.executedLots,
      executedQuote: order.executedQuote,
      preventedLots: order.preventedLots,
      working,
      trade,
      prevented,
      expiry: order.expiry,
      originalClientOrderId,
      rejectReason
    })
  }

  publicTrade(tradeId: number, ticks: number, lots: number, takerSide: Side, cause: TradeCause): void {
    const { symbol } = this.book
    this.events.push({ _tag: "PublicTrade", at: this.at, symbol, tradeId, ticks, lots, takerSide, cause })
  }

  listStatus(list: OpenList, type: ListStatus["type"], status: ListStatus["status"]): void {
    const orders = list.orders.map(({ orderId, clientOrderId }) => ({ orderId, clientOrderId }))
    this.events.push({ _tag: "ListStatus", at: this.at, list, type, status, orders })
  }

  /** Tells of lists that have ended. */
  tellEnded(): void {
    for (const list of this.ended) this.listStatus(list, "ALL_DONE", "ALL_DONE")
    this.ended.length = 0
  }

  /** Levels and balances are told once, as they stand after everything. */
  finish(): ReadonlyArray<EngineEvent> {
    for (let index = 0; index < this.levelCount; index++) this.tellLevel(this.levels[index]!)
    this.levelCount = 0
    for (let index = 0; index < this.seatCount; index++) this.tellBalances(this.seats[index]!)
    this.seatCount = 0
    return this.events
  }

  private tellLevel(level: PriceLevel): void {
    const { side, ticks, lots } = level
    if (lots === level.toldLots) return
    level.toldLots = lots
    this.events.push({ _tag: "LevelChanged", symbol: this.book.symbol, side: side.side, ticks, lots })
  }

  private tellBalances(seat: Seat): void {
    const { touched } = seat
    const { ledger } = this.state
    const { baseAsset, quoteAsset } = this.book.rules.listing.instrument
    seat.touched = 0
    const base =
      (touched & TOUCHED_BASE) === 0
        ? undefined
        : { asset: baseAsset, free: ledger.free(seat.baseSlot), locked: ledger.locked(seat.baseSlot) }
    const quote =
      (touched & TOUCHED_QUOTE) === 0
        ? undefined
        : { asset: quoteAsset, free: ledger.free(seat.quoteSlot), locked: ledger.locked(seat.quoteSlot) }
    const balances = base === undefined ? [quote!] : quote === undefined ? [base] : [base, quote]
    this.events.push({ _tag: "BalancesChanged", at: this.at, account: seat.account.name, balances })
  }
}

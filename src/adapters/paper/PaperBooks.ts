// The paper exchange's state in memory: balances, open orders, and what has been taken from the market's levels. Synchronous;
// every change returns what must be made durable before anyone hears of it.
import * as Result from "effect/Result"
import * as Balance from "../../domain/Balance.ts"
import { type Resting, RestingOrders, type Execution, walk } from "../../domain/Book.ts"
import type { Fill } from "../../domain/Fill.ts"
import type { AccountId, ClientOrderId } from "../../domain/Ids.ts"
import * as Instrument from "../../domain/Instrument.ts"
import * as Denial from "../../domain/Denial.ts"
import type { Level, MarketMessage, Trade } from "../../domain/Market.ts"
import type { Decimal } from "../../domain/Money.ts"
import * as Money from "../../domain/Money.ts"
import type { Intent, Side } from "../../domain/Order.ts"
import type { Report } from "../../domain/Report.ts"
import type { PaperAccount, PaperOrder } from "../../ports/PaperLedger.ts"

/** One change of the exchange's state: what the ledger must hold before the reports may be told. */
export interface Change {
  readonly orders: ReadonlyArray<PaperOrder>
  readonly accounts: ReadonlyArray<PaperAccount>
  readonly reports: ReadonlyArray<{ readonly accountId: AccountId; readonly report: Report }>
}

/** A refusal in Binance's code and text (error codes, "-1013" and "-2010"). */
export interface Refusal {
  readonly code: number
  readonly message: string
}

/** Commissions are cut to the precision Binance books them with. */
const COMMISSION_SCALE = 8

/** Levels of the market a taker can walk. */
const LEVELS = 1000

export interface Market {
  readonly instrument: (symbol: string) => Instrument.Instrument | undefined
  readonly depth: (
    symbol: string,
    levels: number
  ) =>
    { readonly bids: ReadonlyArray<Level>; readonly asks: ReadonlyArray<Level>; readonly synced: boolean } | undefined
}

interface OpenAccount {
  readonly balances: Map<string, Balance.Balance>
  readonly orders: Map<ClientOrderId, PaperOrder>
}

export class PaperBooks {
  readonly #market: Market
  readonly #accounts = new Map<AccountId, OpenAccount>()
  readonly #resting = new Map<string, RestingOrders>()
  readonly #byId = new Map<number, PaperOrder>()
  /** Lots our users took from a level since the market last stated its size: `symbol side ticks`. */
  readonly #taken = new Map<string, Map<string, number>>()
  #lastId: number

  constructor(market: Market, lastId: number) {
    this.#market = market
    this.#lastId = lastId
  }

  get lastId(): number {
    return this.#lastId
  }

  knows(accountId: AccountId): boolean {
    return this.#accounts.has(accountId)
  }

  /** Takes up an account as the ledger has it; its open orders come by `restore`. */
  open(account: PaperAccount): void {
    const balances = new Map(account.balances.map((balance) => [balance.asset, balance]))
    const known = this.#accounts.get(account.accountId)
    this.#accounts.set(account.accountId, { balances, orders: known?.orders ?? new Map() })
  }

  /** Forgets an account that nothing can happen to; the ledger has it. One with open orders stays. */
  close(accountId: AccountId): void {
    if (this.#accounts.get(accountId)?.orders.size === 0) this.#accounts.delete(accountId)
  }

  restore(order: PaperOrder): void {
    const account = this.#accounts.get(order.accountId)
    if (account === undefined) throw new Error(`order ${order.exchangeOrderId} of an account that is not open`)
    this.#rest(account, order)
  }

  balances(accountId: AccountId): ReadonlyArray<Balance.Balance> {
    return [...(this.#accounts.get(accountId)?.balances.values() ?? [])]
  }

  openOrder(accountId: AccountId, clientOrderId: ClientOrderId): PaperOrder | undefined {
    return this.#accounts.get(accountId)?.orders.get(clientOrderId)
  }

  openOrders(accountId: AccountId): ReadonlyArray<PaperOrder> {
    return [...(this.#accounts.get(accountId)?.orders.values() ?? [])]
  }

  /** Binance checks in this order: filters (-1013), duplicate id, balance (-2010). A refusal changes nothing. */
  place(
    accountId: AccountId,
    clientOrderId: ClientOrderId,
    intent: Intent,
    now: number
  ): Result.Result<Change, Refusal> {
    const account = this.#accounts.get(accountId)
    const instrument = this.#market.instrument(intent.symbol)
    if (account === undefined) return refuse(-2015, "Invalid API-key, IP, or permissions for action.")
    if (instrument === undefined) return refuse(-1121, "Invalid symbol.")
    const filtered = Instrument.validate(instrument, intent)
    if (Result.isFailure(filtered)) return refuse(-1013, Denial.sentence(filtered.failure))
    if (account.orders.has(clientOrderId)) return refuse(-2010, "Duplicate order sent.")
    if (account.orders.size >= instrument.maxOpenOrders) return refuse(-2010, "Filter failure: MAX_NUM_ORDERS")
    const walked = this.#walk(instrument, intent)
    if (!this.#affordable(account, instrument, intent, walked.executions)) {
      return refuse(-2010, "Account has insufficient balance for requested action.")
    }
    const exchangeOrderId = ++this.#lastId
    const killed = intent.type === "LIMIT" && intent.timeInForce === "FOK" && walked.leftLots > 0
    const executions = killed ? [] : walked.executions
    let order: PaperOrder = {
      accountId,
      clientOrderId,
      exchangeOrderId,
      intent,
      status: "NEW",
      fills: [],
      createdAt: now,
      updatedAt: now
    }
    const reports: Array<Report> = [
      { _tag: "Accepted", clientOrderId, exchangeOrderId: String(exchangeOrderId), at: now }
    ]
    for (const execution of executions) {
      this.#take(instrument.symbol, intent.side, execution)
      const filled = this.#fill(account, instrument, order, execution, "taker", now)
      order = filled.order
      reports.push(filled.report)
    }
    if (order.status !== "FILLED") {
      if (intent.type === "LIMIT" && intent.timeInForce === "GTC") {
        this.#hold(account, instrument, order)
        this.#rest(account, order)
      } else {
        order = { ...order, status: "EXPIRED" }
        reports.push({ _tag: "Expired", clientOrderId, reason: expiry(intent, killed), at: now })
      }
    }
    return Result.succeed(this.#change(accountId, account, order, reports))
  }

  cancel(accountId: AccountId, clientOrderId: ClientOrderId, now: number): Result.Result<Change, Refusal> {
    const account = this.#accounts.get(accountId)
    const order = account?.orders.get(clientOrderId)
    if (account === undefined || order === undefined) return refuse(-2011, "Unknown order sent.")
    const instrument = this.#market.instrument(order.intent.symbol)
    if (instrument === undefined) return refuse(-1121, "Invalid symbol.")
    this.#forget(account, order)
    this.#release(account, instrument, order)
    const canceled: PaperOrder = { ...order, status: "CANCELED", updatedAt: now }
    return Result.succeed(this.#change(accountId, account, canceled, [{ _tag: "Canceled", clientOrderId, at: now }]))
  }

  /** What the market says frees taken levels, and a trade that went through a resting order's price fills it. */
  onMarket(message: MarketMessage, now: number): ReadonlyArray<Change> {
    switch (message._tag) {
      case "Trade":
        return this.#onTrade(message.trade, now)
      case "DepthDiff": {
        const taken = this.#taken.get(message.diff.symbol)
        if (taken === undefined || taken.size === 0) return []
        for (const level of message.diff.asks) taken.delete(`BUY ${level.ticks}`)
        for (const level of message.diff.bids) taken.delete(`SELL ${level.ticks}`)
        return []
      }
      case "DepthSnapshot":
        this.#taken.delete(message.snapshot.symbol)
        return []
      case "Restarted":
        this.#taken.delete(message.symbol)
        return []
      case "BestPrices":
        return []
    }
  }

  #onTrade(trade: Trade, now: number): ReadonlyArray<Change> {
    const resting = this.#resting.get(trade.symbol)
    const instrument = this.#market.instrument(trade.symbol)
    if (resting === undefined || resting.size === 0 || instrument === undefined) return []
    return resting.tradedThrough(trade).flatMap(({ lots, order: slice }) => {
      const order = this.#byId.get(slice.id)
      const account = order === undefined ? undefined : this.#accounts.get(order.accountId)
      if (order === undefined || account === undefined) return []
      this.#release(account, instrument, order)
      const filled = this.#fill(account, instrument, order, { ticks: slice.ticks, lots }, "maker", now)
      if (filled.order.status === "FILLED") {
        account.orders.delete(order.clientOrderId)
        this.#byId.delete(slice.id)
      } else {
        account.orders.set(order.clientOrderId, filled.order)
        this.#byId.set(slice.id, filled.order)
        this.#hold(account, instrument, filled.order)
      }
      return [this.#change(order.accountId, account, filled.order, [filled.report])]
    })
  }

  #walk(instrument: Instrument.Instrument, intent: Intent) {
    const depth = this.#market.depth(intent.symbol, LEVELS)
    const lots = Number(Money.wholeUnits(intent.quantity, instrument.stepSize)) // whole lots: the filters bound them
    if (depth === undefined || !depth.synced) return { executions: [], leftLots: lots }
    const limit = intent.type === "LIMIT" ? Number(Money.wholeUnits(intent.price, instrument.tickSize)) : undefined
    const taken = this.#taken.get(intent.symbol)
    const levels = intent.side === "BUY" ? depth.asks : depth.bids
    return walk(
      intent.side,
      lots,
      limit,
      levels,
      (level) => level.lots - (taken?.get(`${intent.side} ${level.ticks}`) ?? 0)
    )
  }

  #take(symbol: string, side: Side, execution: Execution): void {
    const taken = this.#taken.get(symbol) ?? new Map<string, number>()
    this.#taken.set(symbol, taken)
    const key = `${side} ${execution.ticks}`
    taken.set(key, (taken.get(key) ?? 0) + execution.lots)
  }

  /** A market buy must be affordable for its whole quantity at book prices, as at Binance; a limit order at its limit. */
  #affordable(
    account: OpenAccount,
    instrument: Instrument.Instrument,
    intent: Intent,
    executions: ReadonlyArray<Execution>
  ): boolean {
    if (intent.side === "SELL") {
      return !Money.lessThan(balanceIn(account, instrument.baseAsset).free, intent.quantity)
    }
    const free = balanceIn(account, instrument.quoteAsset).free
    if (intent.type === "LIMIT") return !Money.lessThan(free, Money.multiply(intent.price, intent.quantity))
    const cost = executions.reduce(
      (sum, execution) =>
        Money.add(sum, Money.multiply(priceOf(instrument, execution), quantityOf(instrument, execution))),
      Money.zero
    )
    return !Money.lessThan(free, cost)
  }

  #fill(
    account: OpenAccount,
    instrument: Instrument.Instrument,
    order: PaperOrder,
    execution: Execution,
    liquidity: Fill["liquidity"],
    now: number
  ): { readonly order: PaperOrder; readonly report: Report } {
    const price = priceOf(instrument, execution)
    const quantity = quantityOf(instrument, execution)
    const quote = Money.multiply(price, quantity)
    const buying = order.intent.side === "BUY"
    const rate = liquidity === "maker" ? instrument.makerFeeRate : instrument.takerFeeRate
    const fill: Fill = {
      tradeId: String(++this.#lastId),
      price,
      quantity,
      fee: Money.truncate(Money.multiply(buying ? quantity : quote, rate), COMMISSION_SCALE),
      feeAsset: buying ? instrument.baseAsset : instrument.quoteAsset,
      liquidity,
      at: now
    }
    change(account, buying ? instrument.quoteAsset : instrument.baseAsset, (balance) =>
      Balance.pay(balance, buying ? quote : quantity)
    )
    change(account, fill.feeAsset, (balance) =>
      Balance.receive(balance, Money.subtract(buying ? quantity : quote, fill.fee))
    )
    const fills = [...order.fills, fill]
    const done = Money.compare(executed(fills), order.intent.quantity) >= 0
    return {
      order: { ...order, fills, status: done ? "FILLED" : "PARTIALLY_FILLED", updatedAt: now },
      report: { _tag: "Filled", clientOrderId: order.clientOrderId, fill, at: now }
    }
  }

  #hold(account: OpenAccount, instrument: Instrument.Instrument, order: PaperOrder): void {
    const held = holdOf(instrument, order)
    change(account, held.asset, (balance) => Balance.hold(balance, held.amount))
  }

  #release(account: OpenAccount, instrument: Instrument.Instrument, order: PaperOrder): void {
    const held = holdOf(instrument, order)
    change(account, held.asset, (balance) => Balance.release(balance, held.amount))
  }

  #rest(account: OpenAccount, order: PaperOrder): void {
    const { intent } = order
    const instrument = this.#market.instrument(intent.symbol)
    if (intent.type !== "LIMIT" || instrument === undefined) {
      throw new Error(`order ${order.exchangeOrderId} on ${intent.symbol} cannot rest`)
    }
    const left = Money.subtract(intent.quantity, executed(order.fills))
    const slice: Resting = {
      id: order.exchangeOrderId,
      side: intent.side,
      ticks: Number(Money.toUnits(intent.price, instrument.tickSize)), // whole ticks
      lots: Number(Money.toUnits(left, instrument.stepSize)) // whole lots
    }
    const resting = this.#resting.get(intent.symbol) ?? new RestingOrders()
    this.#resting.set(intent.symbol, resting)
    resting.add(slice)
    account.orders.set(order.clientOrderId, order)
    this.#byId.set(order.exchangeOrderId, order)
  }

  #forget(account: OpenAccount, order: PaperOrder): void {
    this.#resting.get(order.intent.symbol)?.remove(order.intent.side, order.exchangeOrderId)
    account.orders.delete(order.clientOrderId)
    this.#byId.delete(order.exchangeOrderId)
  }

  #change(accountId: AccountId, account: OpenAccount, order: PaperOrder, reports: ReadonlyArray<Report>): Change {
    return {
      orders: [order],
      accounts: [{ accountId, balances: [...account.balances.values()] }],
      reports: reports.map((report) => ({ accountId, report }))
    }
  }
}

const refuse = (code: number, message: string) => Result.fail<Refusal>({ code, message })

const expiry = (intent: Intent, killed: boolean): string => {
  if (killed) return "Fill or kill: the book could not give the whole quantity at this price."
  return intent.type === "MARKET"
    ? "The book could not give the whole quantity."
    : "Immediate or cancel: the rest could not be filled at this price."
}

const executed = (fills: ReadonlyArray<Fill>): Decimal =>
  fills.reduce((sum, fill) => Money.add(sum, fill.quantity), Money.zero)

/** What an open limit order keeps back: its remaining quantity at its limit (buy), or in the base asset (sell). */
const holdOf = (instrument: Instrument.Instrument, order: PaperOrder) => {
  const left = Money.subtract(order.intent.quantity, executed(order.fills))
  return order.intent.side === "BUY" && order.intent.type === "LIMIT"
    ? { asset: instrument.quoteAsset, amount: Money.multiply(order.intent.price, left) }
    : { asset: instrument.baseAsset, amount: left }
}

const priceOf = (instrument: Instrument.Instrument, { ticks }: Execution) =>
  Money.fromUnits(BigInt(ticks), instrument.tickSize)

const quantityOf = (instrument: Instrument.Instrument, { lots }: Execution) =>
  Money.fromUnits(BigInt(lots), instrument.stepSize)

const balanceIn = (account: OpenAccount, asset: string): Balance.Balance =>
  account.balances.get(asset) ?? Balance.empty(asset)

const change = (account: OpenAccount, asset: string, apply: (balance: Balance.Balance) => Balance.Balance) =>
  account.balances.set(asset, apply(balanceIn(account, asset)))

// The desk's own door to the paper exchange: the `Exchange` port, in the desk's words, on the venue that the wire trades at too.
import { Clock, Effect, Layer, Option, Queue, Result, type Scope } from "effect"
import { Config } from "../../Config.ts"
import type { Fill } from "../../domain/Fill.ts"
import type { AccountId } from "../../domain/Ids.ts"
import type { Instrument } from "../../domain/Instrument.ts"
import type { EngineEvent } from "../../domain/matching/Event.ts"
import { filterFailure, invalidSymbol, type Rejection } from "../../domain/matching/Rejection.ts"
import type { OrderRef as EngineRef } from "../../domain/matching/Command.ts"
import type { ExchangeOrder, OrderRef, Report, TradeOf } from "../../domain/Report.ts"
import {
  Exchange,
  ExchangeError,
  NOT_ATTEMPTED,
  NotSent,
  OutcomeUnknown,
  RateLimited,
  Refused,
  type Replaced,
  ReportsLost
} from "../../ports/Exchange.ts"
import { type Page, PaperJournal, type PaperJournalError, type TradeRecord } from "../../ports/PaperJournal.ts"
import {
  amountOf,
  decimalOf,
  exchangeOrderOf,
  fillOf,
  lotsOf,
  newOrderOf,
  type OrderParts,
  partsOf,
  reportOf
} from "./DeskWords.ts"
import { newListOf } from "./ListWords.ts"
import { type Executed, Venue, type VenueCommand, type VenueError } from "./Venue.ts"

/** Trades of an order that are read at once. */
const PAGE = 1000
/** Reports waiting for one reader; the venue cuts off who leaves more than that and its own bound behind. */
const REPORTS = 1024
const BUSY_MILLIS = 1000

const make = Effect.gen(function* () {
  const venue = yield* Venue
  const journal = yield* PaperJournal
  const { paperBalances } = yield* Config
  const balances = paperBalances.map(({ amount, asset }) => ({ asset, amount: amountOf(amount) }))
  const instruments: ReadonlyMap<string, Instrument> = new Map(
    [...venue.listings].map(([symbol, { instrument }]) => [symbol, instrument])
  )
  const execute = (command: VenueCommand) => Effect.mapError(venue.execute(command), exchangeError)
  const settled = Effect.mapError(venue.settled, exchangeError)

  const open = (account: AccountId) =>
    Effect.suspend(() =>
      venue.knows(account) ? Effect.void : Effect.asVoid(execute({ _tag: "OpenAccount", account, balances }))
    )

  /** The id that a cancel or an amend leaves the order with: the one it has. */
  const clientIdOf = (account: AccountId, symbol: string, ref: EngineRef): string =>
    venue.openOrder(account, symbol, ref)?.clientOrderId ?? ref.clientOrderId ?? String(ref.orderId)

  /** The fills of an order, from the journal. */
  const fillsOf = Effect.fnUntraced(function* ({ account, executedLots, orderId, symbol }: OrderParts) {
    const fills: Array<Fill> = []
    const instrument = instruments.get(symbol)
    if (executedLots === 0 || instrument === undefined) return fills
    for (let fromId = 0; ;) {
      const trades = yield* Effect.mapError(journal.trades(account, symbol, { orderId, fromId, limit: PAGE }), notSent)
      for (const trade of trades) fills.push(fillOf(trade, trade.at, instrument))
      if (trades.length < PAGE) return fills
      fromId = (trades.at(-1)?.tradeId ?? 0) + 1
    }
  })

  const reports = Effect.fnUntraced(function* (
    accountId: AccountId
  ): Effect.fn.Return<Queue.Dequeue<Report, ReportsLost>, never, Scope.Scope> {
    const events = yield* venue.accountEvents(accountId)
    const told = yield* Queue.bounded<Report, ReportsLost>(REPORTS)
    yield* Queue.takeAll(events).pipe(
      Effect.flatMap((steps) =>
        Queue.offerAll(
          told,
          steps.flatMap((step) => reportsOf(step))
        )
      ),
      Effect.forever,
      Effect.catchTag("EventsLost", ({ message }) => Queue.fail(told, new ReportsLost({ message }))),
      Effect.forkScoped
    )
    return told
  })
  const reportsOf = (step: ReadonlyArray<EngineEvent>) => step.flatMap((event) => reportOf(event, instruments) ?? [])

  return Exchange.of({
    environment: "paper",
    absenceProvenAfterMillis: 0,
    clockOffsetMillis: () => 0,
    time: Clock.currentTimeMillis,
    instruments: Effect.succeed(instruments),
    open,
    submit: ({ accountId, clientOrderId, intent }) =>
      Effect.gen(function* () {
        yield* open(accountId)
        const listing = venue.listings.get(intent.symbol)
        if (listing === undefined) return yield* refused(invalidSymbol)
        const order = newOrderOf(clientOrderId, intent, listing)
        if (Result.isFailure(order)) return yield* refused(order.failure)
        yield* execute({ _tag: "Place", account: accountId, symbol: intent.symbol, order: order.success })
        return []
      }),
    submitList: (list) =>
      Effect.gen(function* () {
        const { accountId, symbol } = list
        yield* open(accountId)
        const listing = venue.listings.get(symbol)
        if (listing === undefined) return yield* refused(invalidSymbol)
        const asked = newListOf(list, listing)
        if (Result.isFailure(asked)) return yield* refused(asked.failure)
        yield* execute({ _tag: "PlaceList", account: accountId, symbol, list: asked.success })
        return []
      }),
    replace: (accountId, { isUntraded, ref }, { clientOrderId, intent }) =>
      Effect.gen(function* () {
        yield* open(accountId)
        const { symbol } = intent
        const listing = venue.listings.get(symbol)
        if (listing === undefined) return yield* refused(invalidSymbol)
        const order = newOrderOf(clientOrderId, intent, listing)
        if (Result.isFailure(order)) return yield* refused(order.failure)
        const cancel = engineRefOf(ref)
        const { replace } = yield* execute({
          _tag: "CancelReplace",
          account: accountId,
          symbol,
          cancel,
          cancelId: clientIdOf(accountId, symbol, cancel),
          mode: "STOP_ON_FAILURE",
          ...(isUntraded ? { restriction: "ONLY_NEW" as const } : {}),
          mayPlace: true,
          order: order.success
        })
        return replacedOf(replace)
      }),
    cancel: (accountId, symbol, ref) =>
      Effect.gen(function* () {
        yield* open(accountId)
        const order = engineRefOf(ref)
        yield* execute({
          _tag: "Cancel",
          account: accountId,
          symbol,
          order,
          cancelId: clientIdOf(accountId, symbol, order)
        })
      }),
    amend: (accountId, symbol, ref, quantity) =>
      Effect.gen(function* () {
        yield* open(accountId)
        const order = engineRefOf(ref)
        const instrument = instruments.get(symbol)
        const lots = instrument === undefined ? undefined : lotsOf(quantity, instrument)
        if (lots === undefined) return yield* refused(filterFailure("LOT_SIZE"))
        const clientOrderId = clientIdOf(accountId, symbol, order)
        yield* execute({ _tag: "Amend", account: accountId, symbol, order, lots, clientOrderId })
      }),
    query: Effect.fnUntraced(function* (accountId, symbol, ref) {
      yield* open(accountId)
      // Behind whatever is still on its way to the journal, so that an answer is never older than an acknowledgement.
      yield* settled
      const instrument = instruments.get(symbol)
      const found = yield* Effect.mapError(journal.order(accountId, symbol, engineRefOf(ref)), notSent)
      if (Option.isNone(found) || instrument === undefined) return Option.none<ExchangeOrder>()
      const fills = yield* fillsOf(found.value)
      return Option.some<ExchangeOrder>({ ...exchangeOrderOf(found.value, instrument), fills })
    }),
    openOrders: Effect.fnUntraced(function* (accountId) {
      yield* open(accountId)
      const orders = venue.openOrders(accountId).map(partsOf)
      yield* settled
      return orders.flatMap((order) => {
        const instrument = instruments.get(order.symbol)
        return instrument === undefined ? [] : [exchangeOrderOf(order, instrument)]
      })
    }),
    trades: Effect.fnUntraced(function* (accountId, symbol, afterTradeId) {
      yield* open(accountId)
      yield* settled
      const found: Array<TradeOf> = []
      const read = (page: Page) => Effect.mapError(journal.trades(accountId, symbol, page), notSent)
      if (afterTradeId === undefined) return (yield* read({ limit: 1 })).map(tradeOf)
      for (let fromId = Number(afterTradeId) + 1; ;) {
        const page = yield* read({ fromId, limit: PAGE })
        for (const trade of page) found.push(tradeOf(trade))
        if (page.length < PAGE) return found
        fromId = (page.at(-1)?.tradeId ?? 0) + 1
      }
    }),
    balances: Effect.fnUntraced(function* (accountId) {
      yield* open(accountId)
      const known = venue
        .balances(accountId)
        .map(({ asset, free, locked }) => ({ asset, free: decimalOf(free), held: decimalOf(locked) }))
      yield* settled
      return known
    }),
    reports
  })
})

const tradeOf = ({ orderId, tradeId }: TradeRecord): TradeOf => ({
  tradeId: String(tradeId),
  exchangeOrderId: String(orderId)
})

const engineRefOf = (ref: OrderRef): EngineRef =>
  "exchangeOrderId" in ref ? { orderId: Number(ref.exchangeOrderId) } : { clientOrderId: ref.clientOrderId }

const refused = ({ code, message }: Rejection) =>
  Effect.fail(new ExchangeError({ reason: new Refused({ code, message }) }))

const replacedOf = (replace: Executed["replace"]): Replaced => {
  if (replace === undefined) throw new Error("the venue replaced an order and told of neither half")
  const { cancel, placed } = replace
  return {
    cancel: cancel === "done" ? "done" : { refused: cancel.message },
    placed: placed === "done" ? [] : { refused: placed === "notAttempted" ? NOT_ATTEMPTED : placed.message }
  }
}

const exchangeError = (error: VenueError): ExchangeError => {
  switch (error._tag) {
    case "Rejected":
      return new ExchangeError({ reason: new Refused({ code: error.code, message: error.message }) })
    case "Busy":
      return new ExchangeError({ reason: new RateLimited({ retryAfterMillis: BUSY_MILLIS }) })
    case "OutcomeLost":
      return new ExchangeError({ reason: new OutcomeUnknown({ message: error.message }) })
  }
}

const notSent = ({ message }: PaperJournalError) => new ExchangeError({ reason: new NotSent({ message }) })

/** Needs the venue that trades, and the journal for what is closed. */
export const layer: Layer.Layer<Exchange, never, Venue | PaperJournal | Config> = Layer.effect(Exchange, make)

// Binance Spot as the desk's exchange: signed REST for orders and questions, the WebSocket API for what happens to them.
import { Clock, Deferred, Effect, Layer, Option, Schema } from "effect"
import { Config } from "../../Config.ts"
import type { AccountId } from "../../domain/Ids.ts"
import type { Instrument } from "../../domain/Instrument.ts"
import * as Money from "../../domain/Money.ts"
import type { ExchangeOrder, OrderRef, TradeOf } from "../../domain/Report.ts"
import { Exchange, ExchangeError, NotSent } from "../../ports/Exchange.ts"
import { ExchangeAccounts } from "../../ports/ExchangeAccounts.ts"
import { Vault } from "../../ports/Vault.ts"
import { exchangeOf } from "./BinanceKeyCheck.ts"
import { STREAM_COST } from "./CallCost.ts"
import * as ExchangeInfo from "./ExchangeInfo.ts"
import type { Lane } from "./Lanes.ts"
import { listCall, listReportsOf } from "./ListWords.ts"
import * as OpenAccounts from "./OpenAccounts.ts"
import { fillOf, orderParams, refParams, reportsOf, stateOf } from "./OrderWords.ts"
import { halvesIn, replacedOf, replaceParams, saysOfHalves } from "./ReplaceWords.ts"
import * as SeenState from "./SeenState.ts"
import * as SignedRest from "./SignedRest.ts"
import { type Params, type Signer } from "./Signing.ts"
import * as StreamConnection from "./StreamConnection.ts"
import { StreamPace } from "./StreamPace.ts"
import * as Wire from "./TradingWire.ts"
import * as UserStream from "./UserStream.ts"
import { NO_SUCH_ORDER, OUTSIDE_WINDOW, refusalCode, saysKeyRefused, TOO_MUCH_ASKED, unknown } from "./Verdict.ts"

/** Trades asked for at once. */
const PAGE = 1_000
/** Pages of one answer: what would need more is no answer, and is asked for again. */
const MAX_PAGES = 1_000
/** Binance works on a call this long at most. */
const PROCESSING_MILLIS = 10_000
/** A stream that is refused because too much was asked: the limit's window is a minute. */
const STREAM_WAITS_MILLIS = 60_000

const decodeOrder = Schema.decodeUnknownOption(Wire.Order)
const decodeOrders = Schema.decodeUnknownOption(Schema.Array(Wire.Order))
const decodeTrades = Schema.decodeUnknownOption(Schema.Array(Wire.Trade))
const decodePlaced = Schema.decodeUnknownOption(Wire.Placed)
const decodeList = Schema.decodeUnknownOption(Wire.PlacedList)
const decodeReplaced = Schema.decodeUnknownOption(Wire.Replaced)
const decodeCanceled = Schema.decodeUnknownOption(Wire.Canceled)
const decodeAmended = Schema.decodeUnknownOption(Wire.Amended)
const decodeAccount = Schema.decodeUnknownOption(Wire.Account)
const decodeInfo = Schema.decodeUnknownOption(Schema.Struct({ symbols: Schema.Array(Schema.Unknown) }))

const make = Effect.gen(function* () {
  const { binance, environment } = yield* Config
  const vault = yield* Vault
  const accounts = yield* ExchangeAccounts
  const rest = yield* SignedRest.Shared
  const pace = new StreamPace()
  const renewal = yield* UserStream.Renewal
  const statusOf = (signer: Signer) =>
    Effect.flatMap(
      rest.question(signer, "/api/v3/account", { omitZeroBalances: "true" }),
      decoded(decodeAccount, "the account")
    )
  const opened = yield* OpenAccounts.make({
    vault,
    accounts,
    exchange: exchangeOf(environment),
    live: environment === "live",
    ask: (signer) => Effect.andThen(rest.prepared, statusOf(signer))
  })
  const { signerFor } = opened
  const shown: SeenState.Shown = {
    environment,
    governor: rest.governor,
    offsetMillis: rest.clock.offsetMillis,
    accountOf: opened.accountOf
  }
  yield* SeenState.measure(shown)

  const question = (accountId: AccountId, path: string, params: Params = {}, lane?: Lane) =>
    opened.watched(
      accountId,
      Effect.flatMap(signerFor(accountId), (signer) => rest.question(signer, path, params, lane))
    )

  /** Refused for the key, it may be that the key is none any more: a question tells, and shuts the account then. */
  const change = (
    accountId: AccountId,
    signer: Signer,
    method: "POST" | "PUT" | "DELETE",
    path: string,
    params: Params,
    bounded: boolean
  ) =>
    Effect.tapError(rest.change(signer, method, path, params, bounded), (error) =>
      saysKeyRefused(error) ? Effect.ignore(opened.watched(accountId, statusOf(signer))) : Effect.void
    )

  const page = (accountId: AccountId, params: Params) =>
    Effect.flatMap(
      question(accountId, "/api/v3/myTrades", { ...params, limit: PAGE }),
      decoded(decodeTrades, "the trades")
    )

  /** All trades from that id on, in order. */
  const tradesFrom = Effect.fnUntraced(function* (accountId: AccountId, params: Params, first: number) {
    const found: Array<Wire.Trade> = []
    let fromId = first
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const trades = yield* page(accountId, { ...params, fromId })
      const last = trades.at(-1)
      // A page that does not go on would be read for ever.
      if (trades.some(({ id }) => id < fromId)) return yield* unknown("Binance's trades are not in order.")
      found.push(...trades)
      if (last === undefined || trades.length < PAGE) return found
      fromId = last.id + 1
    }
    return yield* unknown("Binance has more trades than can be looked at.")
  })

  /** None where Binance says that it has no such order. */
  const orderAt = (accountId: AccountId, symbol: string, ref: OrderRef, lane?: Lane) =>
    question(accountId, "/api/v3/order", { symbol, ...refParams(ref) }, lane).pipe(
      Effect.flatMap(decoded(decodeOrder, "the order")),
      Effect.map(Option.some),
      Effect.catchIf(
        (error) => refusalCode(error) === NO_SUCH_ORDER,
        () => Effect.succeed(Option.none<Wire.Order>())
      )
    )

  return Exchange.of({
    environment,
    absenceProvenAfterMillis: SignedRest.RECV_WINDOW_MILLIS + PROCESSING_MILLIS + SignedRest.HEALED_WITHIN_MILLIS,
    clockOffsetMillis: rest.clock.offsetMillis,
    state: SeenState.state(shown),
    time: rest.clock.time,
    instruments: Effect.map(
      rest.ask("/api/v3/exchangeInfo").pipe(
        Effect.tap((info) => Effect.sync(() => rest.governor.budget.learn(info))),
        Effect.flatMap(decoded(decodeInfo, "the symbols"))
      ),
      ({ symbols }): ReadonlyMap<string, Instrument> =>
        new Map(symbols.flatMap((row) => ExchangeInfo.instrument(row) ?? []).map((one) => [one.symbol, one]))
    ),
    open: opened.open,
    shut: opened.shut,
    submit: Effect.fnUntraced(function* ({ accountId, clientOrderId, intent }) {
      const signer = yield* signerFor(accountId)
      const answer = yield* change(accountId, signer, "POST", "/api/v3/order", orderParams(clientOrderId, intent), true)
      const placed = yield* decoded(decodePlaced, "the answer to the order")(answer)
      return placed.clientOrderId === clientOrderId
        ? reportsOf(placed)
        : yield* unknown("Binance answered about another order.")
    }),
    submitList: Effect.fnUntraced(function* (list) {
      const signer = yield* signerFor(list.accountId)
      const { params, path } = listCall(list)
      const answer = yield* change(list.accountId, signer, "POST", path, params, true)
      const reports = listReportsOf(list, yield* decoded(decodeList, "the answer to the list")(answer))
      return reports ?? (yield* unknown("Binance answered about another list."))
    }),
    replace: Effect.fnUntraced(function* (accountId, old, by) {
      const signer = yield* signerFor(accountId)
      const params = replaceParams(old, by)
      const call = change(accountId, signer, "POST", "/api/v3/order/cancelReplace", params, true)
      const answer = yield* Effect.catchIf(call, saysOfHalves, halvesIn)
      const replaced = replacedOf(
        by.clientOrderId,
        yield* decoded(decodeReplaced, "the answer to the replacement")(answer)
      )
      return replaced ?? (yield* unknown("Binance's answer cannot be read: a half of the replacement."))
    }),
    cancel: Effect.fnUntraced(function* (accountId, symbol, ref) {
      const signer = yield* signerFor(accountId)
      const params = { symbol, ...refParams(ref) }
      const answer = yield* change(accountId, signer, "DELETE", "/api/v3/order", params, false)
      yield* decoded(decodeCanceled, "the answer to the cancel")(answer)
    }),
    amend: Effect.fnUntraced(function* (accountId, symbol, ref, quantity) {
      const signer = yield* signerFor(accountId)
      // An amend gives the order a new client id unless it is told the one it has.
      const found = yield* Effect.mapError(orderAt(accountId, symbol, ref, "cancel"), asNotSent)
      if (Option.isNone(found)) return yield* notSent("Binance knows no such order; nothing was sent.")
      const { clientOrderId, orderId } = found.value
      const params = { symbol, orderId, newQty: Money.format(quantity), newClientOrderId: clientOrderId }
      const answer = yield* change(accountId, signer, "PUT", "/api/v3/order/amend/keepPriority", params, true)
      yield* decoded(decodeAmended, "the answer to the amend")(answer)
    }),
    query: Effect.fnUntraced(function* (accountId, symbol, ref) {
      const found = yield* orderAt(accountId, symbol, ref)
      if (Option.isNone(found)) return Option.none<ExchangeOrder>()
      const { executedQty, orderId } = found.value
      const trades = Money.isZero(executedQty) ? [] : yield* tradesFrom(accountId, { symbol, orderId }, 0)
      const fills = trades.filter((trade) => trade.orderId === orderId).map(fillOf)
      return Option.some<ExchangeOrder>({ ...stateOf(found.value), fills })
    }),
    openOrders: (accountId) =>
      question(accountId, "/api/v3/openOrders").pipe(
        Effect.flatMap(decoded(decodeOrders, "the open orders")),
        Effect.map((orders) => orders.map(stateOf))
      ),
    trades: Effect.fnUntraced(function* (accountId, symbol, afterTradeId) {
      if (afterTradeId !== undefined) {
        return (yield* tradesFrom(accountId, { symbol }, Number(afterTradeId) + 1)).map(tradeOf)
      }
      const latest = yield* question(accountId, "/api/v3/myTrades", { symbol, limit: 1 })
      return (yield* decoded(decodeTrades, "the trades")(latest)).map(tradeOf)
    }),
    balances: Effect.fnUntraced(function* (accountId) {
      const { balances } = yield* opened.watched(accountId, Effect.flatMap(signerFor(accountId), statusOf))
      return balances.map(({ asset, free, locked }) => ({ asset, free, held: locked }))
    }),
    reports: Effect.fnUntraced(function* (accountId) {
      const signer = yield* signerFor(accountId)
      const options = {
        url: `${binance.wsApiUrl}/ws-api/v3`,
        proxy: binance.proxy,
        signer,
        timestamp: Effect.map(Clock.currentTimeMillis, (now) => now + rest.clock.offsetMillis())
      }
      const connect = (listener: StreamConnection.Listener) => {
        const connection = StreamConnection.open(options, listener)
        const healed = Effect.catchIf(
          connection,
          (error) => refusalCode(error) === OUTSIDE_WINDOW,
          () => Effect.andThen(rest.clock.heal, connection)
        )
        const counted = Effect.tapError(healed, (error) =>
          refusalCode(error) === TOO_MUCH_ASKED ? rest.governor.toldToWait(STREAM_WAITS_MILLIS, false) : Effect.void
        )
        return pace.turn(accountId).pipe(Effect.andThen(rest.governor.spend(STREAM_COST)), Effect.andThen(counted))
      }
      const ended = yield* Deferred.make<string>()
      yield* opened.onForgotten(accountId, () => void Deferred.doneUnsafe(ended, Effect.succeed(KEYS_CHANGED)))
      return yield* opened.watched(accountId, UserStream.open(connect, renewal, Deferred.await(ended)))
    })
  })
})

const KEYS_CHANGED = "The key of this account was changed, removed, or refused."

const tradeOf = ({ id, orderId }: Wire.Trade): TradeOf => ({ tradeId: String(id), exchangeOrderId: String(orderId) })

/** An answer that does not fit is none: what was asked for may have happened. */
const decoded =
  <A>(decode: (json: unknown) => Option.Option<A>, what: string) =>
  (json: unknown): Effect.Effect<A, ExchangeError> =>
    Option.match(decode(json), {
      onNone: () => unknown(`Binance's answer cannot be read: ${what}.`),
      onSome: (value) => Effect.succeed(value)
    })

const notSent = (message: string) => Effect.fail(new ExchangeError({ reason: new NotSent({ message }) }))

/** The question before a call failed, so the call was not made. */
const asNotSent = ({ reason }: ExchangeError): ExchangeError =>
  new ExchangeError({ reason: reason._tag === "OutcomeUnknown" ? new NotSent({ message: reason.message }) : reason })

/** Needs the keys of its accounts, and whose account there is whose here. */
export const layer: Layer.Layer<Exchange, never, Config | Vault | ExchangeAccounts> = Layer.effect(Exchange, make).pipe(
  Layer.provide(SignedRest.layer)
)

// The REST contract: every endpoint, what it takes, what it answers, and every way it can fail. OpenAPI is derived from it.
import * as Context from "effect/Context"
import * as Schema from "effect/Schema"
import {
  HttpApi,
  HttpApiEndpoint,
  HttpApiGroup,
  HttpApiMiddleware,
  HttpApiSchema,
  HttpApiSecurity,
  OpenApi
} from "effect/http-api"
import { AccountFields, AccountName, AccountRow, exchangeKeys, Warnings } from "./AccountViews.ts"
import { DenialReason } from "../domain/Denial.ts"
import type { UserId } from "../domain/Ids.ts"
import { Staleness } from "../domain/Staleness.ts"
import { Allowance } from "../domain/Allowance.ts"
import { ListRole } from "../domain/ListLink.ts"
import { OrderHistory } from "./History.ts"
import { AccountIdInput, AmendInput, ListInput, OrderInput, ReplaceInput, Symbol } from "./OrderInputs.ts"
import { ExchangeView } from "./ExchangeView.ts"
import { BadgeView, BalanceView, CandleView, FillView, IntervalName, OrderView, PositionView } from "./Views.ts"

type Snake<Text extends string> = Text extends `${infer Head}${infer Tail}`
  ? `${Head extends Lowercase<Head> ? "" : "_"}${Uppercase<Head>}${Snake<Tail>}`
  : ""
type WithoutEdge<Text extends string> = Text extends `_${infer Rest}` ? Rest : Text
export type DenialCode = WithoutEdge<Snake<DenialReason["_tag"]>>

/** `QuantityOffStep` is `QUANTITY_OFF_STEP` on the wire. */
export const denialCode = (tag: DenialReason["_tag"]): DenialCode =>
  tag.replaceAll(/(?<=.)([A-Z])/g, "_$1").toUpperCase() as DenialCode

/** Every failure has this shape. `fields` names what is wrong with which field of the request. */
const failure = <const Codes extends ReadonlyArray<string>>(status: number, codes: Codes) =>
  Schema.Struct({
    error: Schema.Struct({
      code: Schema.Literals(codes),
      message: Schema.String,
      fields: Schema.optionalKey(Schema.Record(Schema.String, Schema.String))
    })
  }).annotate({ httpApiStatus: status })

/** A market that cannot be known now is no mistake of the request: its code is among those of 503. */
const denialCodes = (Object.keys(DenialReason.cases) as Array<DenialReason["_tag"]>)
  .map(denialCode)
  .filter((code) => code !== "MARKET_UNAVAILABLE")

export const BadRequest = failure(400, [
  "BAD_REQUEST",
  "MALFORMED_JSON",
  "KEY_REFUSED",
  "KEY_WITHDRAWS",
  ...denialCodes
])
export const Unauthorized = failure(401, ["UNAUTHORIZED", "TOKEN_EXPIRED", "TOKEN_INVALID", "LOGIN_FAILED"])
export const Forbidden = failure(403, ["ACCOUNT_FORBIDDEN", "ROLE_FORBIDDEN"])
export const NotFound = failure(404, ["NOT_FOUND", "ORDER_NOT_FOUND", "SYMBOL_NOT_FOUND"])
export const MethodNotAllowed = failure(405, ["METHOD_NOT_ALLOWED"])
export const Conflict = failure(409, [
  "EMAIL_TAKEN",
  "EXCHANGE_ACCOUNT_TAKEN",
  "EXCHANGE_ACCOUNT_MOVED",
  "TOO_MANY_ACCOUNTS",
  "IDEMPOTENCY_CONFLICT",
  "ORDER_CLOSED"
])
export const BodyTooLarge = failure(413, ["BODY_TOO_LARGE"])
export const UnsupportedMediaType = failure(415, ["UNSUPPORTED_MEDIA_TYPE"])
/** Comes with `Retry-After`, in seconds. */
export const TooManyRequests = failure(429, ["RATE_LIMITED", "MAILBOX_FULL"])
export const Internal = failure(500, ["INTERNAL"])
export const Unavailable = failure(503, ["JOURNAL_UNAVAILABLE", "MARKET_UNAVAILABLE", "EXCHANGE_UNAVAILABLE", "BUSY"])

const trading = [BadRequest, Unauthorized, Forbidden, TooManyRequests, Unavailable] as const

/** Who is asking, as their token says. */
export interface Caller {
  readonly userId: UserId
  readonly email: string
}
export class CurrentCaller extends Context.Service<CurrentCaller, Caller>()("outcry/contract/CurrentCaller") {}

/** `Authorization: Bearer <token>` on everything but registration, login, health and market data. */
export class Authorization extends HttpApiMiddleware.Service<Authorization, { provides: CurrentCaller }>()(
  "outcry/contract/Authorization",
  { error: Unauthorized, security: { bearer: HttpApiSecurity.bearer } }
) {}

const Email = Schema.String.check(
  Schema.isMaxLength(254),
  Schema.isPattern(/^[^\s@]{1,64}@[^\s@]{1,189}$/, { expected: "an e-mail address" })
)
const Password = Schema.String.check(Schema.isMinLength(8), Schema.isMaxLength(128))
const Signed = Schema.Struct({
  token: Schema.String,
  user: Schema.Struct({ id: Schema.String, email: Schema.String })
})

/** The order, cancel or amend is durable; what becomes of it comes by the feed, or by asking for the order. */
export const Accepted = Schema.Struct({ orderId: Schema.String, status: Schema.Literal("PENDING") })
export type Accepted = typeof Accepted.Type

/** The same of a list, with an id for each of its orders. */
export const AcceptedList = Schema.Struct({
  listId: Schema.String,
  status: Schema.Literal("PENDING"),
  orders: Schema.Array(Schema.Struct({ orderId: Schema.String, role: ListRole }))
})
export type AcceptedList = typeof AcceptedList.Type

/** The same key and the same request get the same answer, and nothing happens twice. */
const idempotency = {
  "idempotency-key": Schema.optionalKey(
    Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_-]{1,64}$/, { expected: "1 to 64 of A-Z, a-z, 0-9, _ and -" }))
  )
}
const account = { accountId: Schema.optionalKey(AccountIdInput) }
const upTo = (most: number) => Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: most })))

export const AUTH_PATH = "/auth"
export const DEFAULT_LIMIT = 100
export const MAX_LIMIT = 500
export const MAX_CANDLES = 1500
export const MAX_LEVELS = 100

const AuthGroup = HttpApiGroup.make("auth")
  .add(
    HttpApiEndpoint.post("register", "/register", {
      payload: Schema.Struct({
        email: Email,
        password: Password,
        ...exchangeKeys
      }),
      success: Schema.Struct({
        ...Signed.fields,
        /** Absent where there is nothing to say. */
        warnings: Schema.optionalKey(Warnings)
      }).pipe(HttpApiSchema.status(201)),
      error: [BadRequest, Conflict, TooManyRequests, Unavailable]
    }),
    HttpApiEndpoint.post("login", "/login", {
      payload: Schema.Struct({ email: Email, password: Schema.String.check(Schema.isMaxLength(128)) }),
      success: Signed,
      error: [BadRequest, Unauthorized, TooManyRequests, Unavailable]
    })
  )
  .prefix(AUTH_PATH)

const orderPath = { orderId: Schema.String.check(Schema.isMaxLength(64)) }

const TradingGroup = HttpApiGroup.make("trading")
  .add(
    HttpApiEndpoint.post("placeOrder", "/orders", {
      payload: OrderInput,
      headers: idempotency,
      success: Accepted.pipe(HttpApiSchema.status(201)),
      error: [...trading, Conflict]
    }),
    HttpApiEndpoint.get("orders", "/orders", {
      query: {
        ...account,
        state: Schema.optionalKey(Schema.Literals(["open", "closed", "all"])),
        symbol: Schema.optionalKey(Symbol),
        before: Schema.optionalKey(orderPath.orderId),
        limit: upTo(MAX_LIMIT)
      },
      success: Schema.Struct({ orders: Schema.Array(OrderView) }),
      error: trading
    }),
    HttpApiEndpoint.get("order", "/orders/:orderId", {
      params: orderPath,
      query: account,
      success: OrderView,
      error: [...trading, NotFound]
    }),
    HttpApiEndpoint.get("orderHistory", "/orders/:orderId/history", {
      params: orderPath,
      query: account,
      success: OrderHistory,
      error: [...trading, NotFound]
    }),
    HttpApiEndpoint.patch("amendOrder", "/orders/:orderId", {
      params: orderPath,
      query: account,
      headers: idempotency,
      payload: AmendInput,
      success: Accepted,
      error: [...trading, NotFound, Conflict]
    }),
    HttpApiEndpoint.put("replaceOrder", "/orders/:orderId", {
      params: orderPath,
      query: account,
      headers: idempotency,
      payload: ReplaceInput,
      success: Accepted.pipe(HttpApiSchema.status(201)),
      error: [...trading, NotFound, Conflict]
    }),
    HttpApiEndpoint.delete("cancelOrder", "/orders/:orderId", {
      params: orderPath,
      query: account,
      headers: idempotency,
      success: Accepted,
      error: [...trading, NotFound, Conflict]
    }),
    HttpApiEndpoint.get("positions", "/positions", {
      query: account,
      success: Schema.Struct({ positions: Schema.Array(PositionView) }),
      error: trading
    }),
    HttpApiEndpoint.get("balances", "/balances", {
      query: account,
      success: Schema.Struct({ balances: Schema.Array(BalanceView) }),
      error: trading
    }),
    HttpApiEndpoint.get("trades", "/trades", {
      query: {
        ...account,
        symbol: Schema.optionalKey(Symbol),
        orderId: Schema.optionalKey(orderPath.orderId),
        beforeSeq: Schema.optionalKey(Schema.Int),
        limit: upTo(MAX_LIMIT)
      },
      success: Schema.Struct({ trades: Schema.Array(FillView) }),
      error: trading
    }),
    HttpApiEndpoint.get("account", "/account", {
      query: account,
      success: Schema.Struct({
        user: Schema.Struct({ id: Schema.String, email: Schema.String }),
        accounts: Schema.Array(Schema.Struct(AccountFields)),
        accountId: Schema.String,
        badge: BadgeView,
        seq: Schema.Int
      }),
      error: trading
    })
  )
  .middleware(Authorization)
  .prefix("/api/trading")

const ListsGroup = HttpApiGroup.make("lists")
  .add(
    HttpApiEndpoint.post("placeList", "/order-lists", {
      payload: ListInput,
      headers: idempotency,
      success: AcceptedList.pipe(HttpApiSchema.status(201)),
      error: [...trading, Conflict]
    })
  )
  .middleware(Authorization)
  .prefix("/api/trading")

const accountPath = { accountId: AccountIdInput }
const AccountsGroup = HttpApiGroup.make("accounts")
  .add(
    HttpApiEndpoint.get("list", "/accounts", {
      success: Schema.Struct({ environment: BadgeView.fields.environment, accounts: Schema.Array(AccountRow) }),
      error: trading
    }),
    HttpApiEndpoint.post("add", "/accounts", {
      payload: Schema.Struct({ name: AccountName, ...exchangeKeys }),
      success: Schema.Struct({ accountId: Schema.String, name: Schema.String, warnings: Warnings }).pipe(
        HttpApiSchema.status(201)
      ),
      error: [...trading, Conflict]
    }),
    HttpApiEndpoint.put("putKeys", "/accounts/:accountId/keys", {
      params: accountPath,
      payload: Schema.Struct(exchangeKeys),
      success: Schema.Struct({ warnings: Warnings }),
      error: [...trading, Conflict]
    }),
    HttpApiEndpoint.delete("removeKeys", "/accounts/:accountId/keys", {
      params: accountPath,
      success: Schema.Struct({ removed: Schema.Boolean }),
      error: trading
    }),
    HttpApiEndpoint.put("setLive", "/accounts/:accountId/live", {
      params: accountPath,
      payload: Schema.Struct({ live: Schema.Boolean }),
      success: Schema.Struct({ live: Schema.Boolean }),
      error: trading
    })
  )
  .middleware(Authorization)
  .prefix("/api/trading")

const ExchangeGroup = HttpApiGroup.make("exchange")
  .add(HttpApiEndpoint.get("state", "/exchange", { query: account, success: ExchangeView, error: trading }))
  .middleware(Authorization)
  .prefix("/api")

export const SymbolView = Schema.Struct({
  symbol: Schema.String,
  baseAsset: Schema.String,
  quoteAsset: Schema.String,
  trading: Schema.Boolean,
  tickSize: Schema.String,
  minPrice: Schema.String,
  maxPrice: Schema.String,
  stepSize: Schema.String,
  minQuantity: Schema.String,
  maxQuantity: Schema.String,
  minNotional: Schema.String,
  priceDecimals: Schema.Int,
  quantityDecimals: Schema.Int,
  makerFeeRate: Schema.String,
  takerFeeRate: Schema.String,
  allows: Allowance
})
export type SymbolView = typeof SymbolView.Type

const Level = Schema.Tuple([Schema.String, Schema.String])
const PriceView = Schema.Struct({
  symbol: Schema.String,
  price: Schema.NullOr(Schema.String),
  bid: Schema.NullOr(Schema.String),
  bidQuantity: Schema.NullOr(Schema.String),
  ask: Schema.NullOr(Schema.String),
  askQuantity: Schema.NullOr(Schema.String),
  synced: Schema.Boolean,
  at: Schema.Finite,
  stale: Schema.NullOr(Staleness)
})
const BookView = Schema.Struct({
  symbol: Schema.String,
  updateId: Schema.Finite,
  bids: Schema.Array(Level),
  asks: Schema.Array(Level),
  synced: Schema.Boolean,
  at: Schema.Finite
})
const LayerView = Schema.Struct({
  name: Schema.String,
  state: Schema.Literals(["starting", "running", "restarting"]),
  restarts: Schema.Int,
  since: Schema.Finite
})

const MarketGroup = HttpApiGroup.make("market")
  .add(
    HttpApiEndpoint.get("symbols", "/symbols", {
      success: Schema.Struct({ symbols: Schema.Array(SymbolView), badge: BadgeView })
    }),
    HttpApiEndpoint.get("klines", "/klines", {
      query: {
        symbol: Symbol,
        interval: IntervalName,
        /** Epoch milliseconds: candles that opened at or before this. */
        end: Schema.optionalKey(Schema.Int),
        limit: upTo(MAX_CANDLES)
      },
      success: Schema.Struct({ candles: Schema.Array(CandleView) }),
      error: [BadRequest, NotFound, Unavailable]
    }),
    HttpApiEndpoint.get("price", "/price", {
      query: { symbol: Symbol },
      success: PriceView,
      error: [BadRequest, NotFound]
    }),
    HttpApiEndpoint.get("book", "/book", {
      query: { symbol: Symbol, levels: upTo(MAX_LEVELS) },
      success: BookView,
      error: [BadRequest, NotFound]
    }),
    HttpApiEndpoint.get("status", "/status", {
      success: Schema.Struct({ badge: BadgeView, layers: Schema.Array(LayerView), serverTime: Schema.Finite })
    })
  )
  .prefix("/api/market")

/** `fields` names what is missing. */
export const NotReady = failure(503, ["NOT_READY"])

const HealthGroup = HttpApiGroup.make("health")
  .add(
    HttpApiEndpoint.get("live", "/live", { success: Schema.Struct({ live: Schema.Literal(true) }) }),
    HttpApiEndpoint.get("ready", "/ready", {
      success: Schema.Struct({ ready: Schema.Literal(true) }),
      error: NotReady
    })
  )
  .prefix("/health")

export class Api extends HttpApi.make("outcry")
  .add(AuthGroup, TradingGroup, ListsGroup, AccountsGroup, ExchangeGroup, MarketGroup, HealthGroup)
  // An unknown field of an order may be one its sender relies on: it is refused, not ignored. All mistakes are told at once.
  .annotate(HttpApi.PayloadParseOptions, { errors: "all", onExcessProperty: "error" })
  .annotate(HttpApi.QueryParseOptions, { errors: "all" })
  .annotateMerge(
    OpenApi.annotations({
      title: "Outcry",
      version: "1",
      description: "A self-hosted trading desk. Decimals are strings, times are epoch milliseconds."
    })
  ) {}

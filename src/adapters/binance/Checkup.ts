// What a checkup asks of Binance: whether its doors open, how its clock differs, what it lists, and whether a key may trade.
import { Deferred, Effect, Option, Schema, type Scope } from "effect"
import type { BinanceValues } from "../../Config.ts"
import type { Instrument } from "../../domain/Instrument.ts"
import { ExchangeError } from "../../ports/Exchange.ts"
import type { ExchangeKeys } from "../../ports/Vault.ts"
import * as ExchangeInfo from "./ExchangeInfo.ts"
import { notConnected, openSocket, textOf } from "./OpenSocket.ts"
import * as SignedRest from "./SignedRest.ts"
import { signerOf } from "./Signing.ts"
import * as Wire from "./TradingWire.ts"
import { isKeyRefused, unknown } from "./Verdict.ts"

export interface Reached {
  readonly rest: SignedRest.SignedRest
  /** How far its clock is ahead of ours. */
  readonly offsetMillis: number
}

/** By REST. */
export const reach = Effect.fnUntraced(function* (
  binance: BinanceValues
): Effect.fn.Return<Reached, ExchangeError, Scope.Scope> {
  const rest = yield* SignedRest.make(binance.restUrl, binance.proxy)
  yield* rest.clock.measured
  return { rest, offsetMillis: rest.clock.offsetMillis() }
})

const decodeInfo = Schema.decodeUnknownOption(Schema.Struct({ symbols: Schema.Array(Schema.Unknown) }))

/** All instruments, by symbol. */
export const instruments = ({ rest }: Reached): Effect.Effect<ReadonlyMap<string, Instrument>, ExchangeError> =>
  Effect.flatMap(rest.ask("/api/v3/exchangeInfo"), (json) =>
    Option.match(decodeInfo(json), {
      onNone: () => unknown("Binance's list of symbols cannot be read."),
      onSome: ({ symbols }) =>
        Effect.succeed(
          new Map(symbols.flatMap((row) => ExchangeInfo.instrument(row) ?? []).map((one) => [one.symbol, one]))
        )
    })
  )

/** Market streams: whether they open. */
export const marketStreams = ({ proxy, streamUrl }: BinanceValues): Effect.Effect<void, ExchangeError> =>
  Effect.scoped(Effect.asVoid(openSocket(`${streamUrl}/stream`, proxy, "market streams")))

const decodeReply = Schema.decodeUnknownOption(
  Schema.fromJsonString(Schema.Struct({ id: Schema.Literal("checkup"), status: Schema.Literal(200) }))
)

/** The WebSocket API, where the private streams come from: whether it opens and answers. */
export const webSocketApi = ({ proxy, wsApiUrl }: BinanceValues): Effect.Effect<void, ExchangeError> =>
  Effect.gen(function* () {
    const socket = yield* openSocket(`${wsApiUrl}/ws-api/v3`, proxy, "WebSocket API")
    const answered = yield* Deferred.make<void, ExchangeError>()
    const fail = (message: string) => Deferred.doneUnsafe(answered, Effect.fail(notConnected(message)))
    socket.on("message", (data) =>
      Option.isSome(decodeReply(textOf(data)))
        ? Deferred.doneUnsafe(answered, Effect.void)
        : fail("Binance's WebSocket API said something that cannot be read.")
    )
    socket.on("close", () => fail("Binance's WebSocket API closed the connection at once."))
    socket.send(JSON.stringify({ id: "checkup", method: "ping" }))
    yield* Deferred.await(answered)
  }).pipe(Effect.scoped)

const decodeAccount = Schema.decodeUnknownOption(Wire.Account)

/** Fails with the sentence why these keys do not trade. */
export const mayTrade = ({ rest }: Reached, keys: ExchangeKeys): Effect.Effect<void, ExchangeError> =>
  Effect.gen(function* () {
    const signer = signerOf(keys)
    if (signer === undefined)
      return yield* Effect.fail(notConnected("The stored Binance secret is no key that can sign."))
    const account = decodeAccount(yield* rest.question(signer, "/api/v3/account", { omitZeroBalances: "true" }))
    if (Option.isNone(account)) return yield* unknown("Binance's answer about the account cannot be read.")
    if (!account.value.canTrade) {
      return yield* Effect.fail(notConnected("Binance does not let this account trade."))
    }
    // Judged, and never placed. What is wrong with it does not matter: the key comes before it.
    yield* Effect.catchIf(
      rest.change(signer, "POST", "/api/v3/order/test", ORDER, false),
      ({ reason }) => reason._tag === "Refused" && !isKeyRefused(reason.code),
      () => Effect.void
    )
  })

const ORDER = { symbol: "BTCUSDT", side: "BUY", type: "MARKET", quantity: "0.001" }

/** Why, for a person. */
export const sentenceOf = ({ reason }: ExchangeError): string =>
  reason._tag === "RateLimited"
    ? `Binance asks to be left alone for ${Math.ceil(reason.retryAfterMillis / 1000)} s.`
    : reason.message

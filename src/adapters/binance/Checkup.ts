// What a checkup asks of Binance: whether its doors open, how its clock differs, what it lists, and whether a key may trade.
import { Deferred, Effect, Option, Schema, type Scope } from "effect"
import type { BinanceValues } from "../../Config.ts"
import type { Instrument } from "../../domain/Instrument.ts"
import { ExchangeError } from "../../ports/Exchange.ts"
import type { ExchangeKeys } from "../../ports/Vault.ts"
import * as ExchangeInfo from "./ExchangeInfo.ts"
import { SYMBOLS } from "./LiveMarket.ts"
import { notConnected, openSocket, textOf } from "./OpenSocket.ts"
import * as SignedRest from "./SignedRest.ts"
import { signerOf } from "./Signing.ts"
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

/** Symbols that a desk on this market shows. */
export const shown: ReadonlyArray<string> = SYMBOLS

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

/** Judged by Binance, and never placed. */
const ORDER = { symbol: "BTCUSDT", side: "BUY", type: "MARKET", quantity: "0.001" }

/** Fails with the sentence why an order signed by these keys is not taken. What is wrong with the order does not matter: the key comes first. */
export const mayPlace = ({ rest }: Reached, keys: ExchangeKeys): Effect.Effect<void, ExchangeError> => {
  const signer = signerOf(keys)
  if (signer === undefined) return Effect.fail(notConnected("The stored secret is no key that can sign."))
  return rest.change(signer, "POST", "/api/v3/order/test", ORDER, false).pipe(
    Effect.catchIf(
      ({ reason }) => reason._tag === "Refused" && !isKeyRefused(reason.code),
      () => Effect.void
    ),
    Effect.asVoid
  )
}

/** Why, for a person. */
export const sentenceOf = ({ reason }: ExchangeError): string =>
  reason._tag === "RateLimited"
    ? `Binance asks to be left alone for ${Math.ceil(reason.retryAfterMillis / 1000)} s.`
    : reason.message

// `outcry paper key create`: asks a running paper exchange for a key, by its admin route.
import { Console, Effect, FileSystem, Option, Schema } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"

export class NoKey extends Schema.TaggedError<NoKey>()("NoKey", { message: Schema.String }) {}

export interface KeyRequest {
  readonly account: string
  readonly kind: "hmac" | "ed25519" | "rsa"
  /** A PEM file. */
  readonly publicKey: Option.Option<string>
  /** `ASSET:amount,ASSET:amount`. */
  readonly balances: Option.Option<string>
  readonly label: string
  /** `read,trade,withdraw`. */
  readonly permissions: string
  /** `address,address`. */
  readonly addresses: Option.Option<string>
  /** Where the admin route is. */
  readonly admin: string
}

const Answer = Schema.Union([
  Schema.Struct({ apiKey: Schema.String, secret: Schema.optionalKey(Schema.String) }),
  Schema.Struct({ error: Schema.Struct({ message: Schema.String }) })
])

const listed = (text: string): ReadonlyArray<string> =>
  text.split(",").flatMap((part) => (part.trim() === "" ? [] : [part.trim()]))

/** Prints the key, and of an HMAC key its secret: the only time that it is shown. */
export const createKey = Effect.fnUntraced(function* (wanted: KeyRequest) {
  const fs = yield* FileSystem.FileSystem
  const client = yield* HttpClient.HttpClient
  const publicKey = Option.isNone(wanted.publicKey)
    ? undefined
    : yield* Effect.mapError(
        fs.readFileString(wanted.publicKey.value),
        () => new NoKey({ message: `The public key ${Option.getOrThrow(wanted.publicKey)} cannot be read.` })
      )
  const balances = Option.map(wanted.balances, (text) =>
    Object.fromEntries(text.split(",").map((part) => [part.split(":")[0]?.trim(), part.split(":")[1]?.trim() ?? ""]))
  )
  const body = {
    account: wanted.account,
    kind: wanted.kind,
    label: wanted.label,
    permissions: listed(wanted.permissions),
    addresses: listed(Option.getOrElse(wanted.addresses, () => "")),
    ...(publicKey === undefined ? {} : { publicKey }),
    ...(Option.isSome(balances) ? { balances: balances.value } : {})
  }
  const answer = yield* HttpClientRequest.post(`${wanted.admin}/keys`).pipe(
    HttpClientRequest.bodyJsonUnsafe(body),
    client.execute,
    Effect.flatMap((response) => response.json),
    Effect.flatMap(Schema.decodeUnknownEffect(Answer)),
    Effect.timeout("10 seconds"),
    Effect.mapError(
      () =>
        new NoKey({
          message: `No paper exchange answers at ${wanted.admin}. Start one with \`outcry paper\`, or name its admin address with --admin.`
        })
    )
  )
  if ("error" in answer) return yield* new NoKey({ message: answer.error.message })
  yield* Console.log(`API key: ${answer.apiKey}`)
  if (answer.secret !== undefined) yield* Console.log(`Secret:  ${answer.secret}   (shown this once)`)
}, Effect.provide(FetchHttpClient.layer))

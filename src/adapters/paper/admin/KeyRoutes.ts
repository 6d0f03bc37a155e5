// Keys to the Binance wire: made, listed and revoked. A secret is shown once, when it is made.
import { Effect, Option, Redacted, Schema } from "effect"
import { createPublicKey } from "node:crypto"
import { isIP } from "node:net"
import { freshHmacKey, freshKeyText, type PaperKey, PaperKeys, type PaperKeysError } from "../../../ports/PaperKeys.ts"
import { Venue } from "../Venue.ts"
import { AccountName, Balances } from "./Amounts.ts"
import { decode, jsonBody, ofVenue, Refusal, refuse } from "./Refusal.ts"
import type { Route } from "./Route.ts"

/** Addresses that a key can be tied to, as at Binance. */
const MAX_ADDRESSES = 30

const NewKey = Schema.Struct({
  account: AccountName,
  kind: Schema.Literals(["hmac", "ed25519", "rsa"]).pipe(Schema.withDecodingDefault(Effect.succeed("hmac" as const))),
  /** PEM (SPKI), of ed25519 and rsa. */
  publicKey: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(4096))),
  label: Schema.String.check(Schema.isMaxLength(64)).pipe(Schema.withDecodingDefault(Effect.succeed(""))),
  permissions: Schema.Array(Schema.Literals(["read", "trade", "withdraw"])).pipe(
    Schema.withDecodingDefault(Effect.succeed(["read", "trade"] as const))
  ),
  /** Where it works from; none named: from anywhere. */
  addresses: Schema.Array(
    Schema.String.check(Schema.makeFilter((text) => isIP(text) !== 0 || "Expected an IP address"))
  ).pipe(Schema.check(Schema.isMaxLength(MAX_ADDRESSES)), Schema.withDecodingDefault(Effect.succeed([]))),
  /** Of an account that does not exist yet. */
  balances: Schema.optionalKey(Balances)
})
type NewKey = typeof NewKey.Type

/** Binance takes no shorter RSA keys. */
const MIN_RSA_BITS = 2048

const wrongKey = (message: string) => new Refusal(400, "BAD_PUBLIC_KEY", message)

/** The key as SPKI PEM, once it is known to be what it is said to be. */
const checkedPublicKey = (kind: "ed25519" | "rsa", pem: string | undefined): Effect.Effect<string, Refusal> => {
  if (pem === undefined) return Effect.fail(wrongKey(`A key of kind ${kind} needs publicKey: its public half as PEM.`))
  // Node makes a public key out of a private one: it must not be sent here at all.
  if (/PRIVATE KEY/.test(pem)) {
    return Effect.fail(wrongKey("That is a private key, which must stay with its owner. Send the public half."))
  }
  return Effect.gen(function* () {
    const key = yield* Effect.try({
      try: () => createPublicKey(pem),
      catch: () => wrongKey("publicKey is no public key in PEM: -----BEGIN PUBLIC KEY----- …")
    })
    if (key.asymmetricKeyType !== kind) {
      return yield* Effect.fail(wrongKey(`publicKey is of kind ${key.asymmetricKeyType}, not ${kind}.`))
    }
    if (kind === "rsa" && (key.asymmetricKeyDetails?.modulusLength ?? 0) < MIN_RSA_BITS) {
      return yield* Effect.fail(wrongKey(`An RSA key must have ${MIN_RSA_BITS} bits or more.`))
    }
    return key.export({ type: "spki", format: "pem" }) as string
  })
}

const made = (wanted: NewKey, createdAt: number): Effect.Effect<PaperKey, Refusal> => {
  const of = {
    account: wanted.account,
    label: wanted.label,
    mayRead: wanted.permissions.includes("read"),
    mayTrade: wanted.permissions.includes("trade"),
    mayWithdraw: wanted.permissions.includes("withdraw"),
    addresses: wanted.addresses,
    createdAt
  }
  const { kind } = wanted
  if (kind === "hmac") {
    return wanted.publicKey === undefined
      ? freshHmacKey(of)
      : Effect.fail(wrongKey("A key of kind hmac has a secret, which is made here; leave publicKey out."))
  }
  return Effect.zipWith(checkedPublicKey(kind, wanted.publicKey), freshKeyText, (publicKey, keyId) => ({
    ...of,
    keyId,
    material: { kind: kind === "rsa" ? ("RSA" as const) : ("ED25519" as const), publicKey }
  }))
}

/** Never the secret. */
const viewOf = ({ account, addresses, createdAt, keyId, label, material, ...may }: PaperKey) => ({
  apiKey: keyId,
  account,
  label,
  kind: material.kind.toLowerCase(),
  permissions: [
    ...(may.mayRead ? ["read"] : []),
    ...(may.mayTrade ? ["trade"] : []),
    ...(may.mayWithdraw ? ["withdraw"] : [])
  ],
  addresses,
  createdAt,
  ...(material.kind === "HMAC" ? {} : { publicKey: material.publicKey })
})

const ofKeys = ({ message }: PaperKeysError): Refusal => new Refusal(409, "KEYS_REFUSED", message)

export const keyRoutes = Effect.gen(function* () {
  const keys = yield* PaperKeys
  const venue = yield* Venue

  const create = Effect.gen(function* () {
    const wanted = yield* Effect.flatMap(jsonBody, decode(NewKey))
    const key = yield* made(wanted, venue.now())
    const known = venue.knows(wanted.account)
    if (known && wanted.balances !== undefined) {
      return yield* refuse(409, "ACCOUNT_EXISTS", "The account exists already; leave balances out, or deposit.")
    }
    if (!known) {
      const balances = Object.entries(wanted.balances ?? {}).map(([asset, amount]) => ({ asset, amount }))
      const open = venue.execute({ _tag: "OpenAccount", account: wanted.account, balances })
      yield* Effect.mapError(open, ofVenue)
    }
    yield* Effect.mapError(keys.add(key), ofKeys)
    const { material } = key
    return { ...viewOf(key), ...(material.kind === "HMAC" ? { secret: Redacted.value(material.secret) } : {}) }
  })

  const routes: ReadonlyArray<Route> = [
    {
      method: "POST",
      path: "/keys",
      sentence:
        "Makes a key: {account, kind: hmac|ed25519|rsa, publicKey?, label?, permissions?: [read, trade, withdraw], addresses?, balances?}; opens the account if there is none.",
      run: () => create
    },
    {
      method: "GET",
      path: "/keys",
      sentence: "The keys of ?account=, without secrets.",
      run: ({ query }) =>
        Effect.gen(function* () {
          const account = yield* decode(AccountName)(query.get("account") ?? "")
          const listed = yield* Effect.mapError(keys.list(account), ofKeys)
          return { keys: listed.map(viewOf) }
        })
    },
    {
      method: "DELETE",
      path: "/keys/:id",
      sentence: "Revokes a key: it opens nothing from then on, and the private streams that it opened end.",
      run: ({ params }) =>
        Effect.gen(function* () {
          const id = params["id"] ?? ""
          const found = yield* Effect.mapError(keys.find(id), ofKeys)
          const had = Option.isSome(found) && (yield* Effect.mapError(keys.revoke(found.value.account, id), ofKeys))
          return had ? { revoked: id } : yield* refuse(404, "NO_SUCH_KEY", "There is no such key.")
        })
    }
  ]
  return routes
})

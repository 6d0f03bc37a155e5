// What is said of keys before they are stored, over real sockets, by what the exchange answers.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Redacted, type Scope } from "effect"
import { generateKeyPairSync } from "node:crypto"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import * as BinanceKeyCheck from "../../../src/adapters/binance/BinanceKeyCheck.ts"
import { KeyCheck } from "../../../src/ports/KeyCheck.ts"
import { freePort } from "../../kit/FreePort.ts"
import * as Settings from "../../kit/Settings.ts"

type Answer = readonly [status: number, body: unknown]

const account = { uid: 7, canTrade: true, canWithdraw: true, balances: [] }
const rights = { ipRestrict: true, enableWithdrawals: false, enableSpotAndMarginTrading: true }

interface Says {
  readonly account?: Answer
  readonly rights?: Answer
}

/** An exchange that says so; what it was asked, in order. */
const exchange = (says: Says): Effect.Effect<{ url: string; asked: Array<string> }, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(async () => {
        const asked: Array<string> = []
        const answers: Record<string, Answer> = {
          "/api/v3/time": [200, { serverTime: Date.now() }],
          "/api/v3/exchangeInfo": [200, { rateLimits: [], symbols: [] }],
          "/api/v3/account": says.account ?? [200, account],
          "/sapi/v1/account/apiRestrictions": says.rights ?? [200, rights]
        }
        const server = createServer((request, response) => {
          const path = request.url?.split("?")[0] ?? ""
          asked.push(path)
          const [status, body] = answers[path] ?? [404, "<html></html>"]
          response.writeHead(status, { "content-type": "text/html" })
          response.end(typeof body === "string" ? body : JSON.stringify(body))
        }).listen(0, "127.0.0.1")
        await once(server, "listening")
        return { server, asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
      }),
      ({ server }) => Effect.sync(() => (server.closeAllConnections(), void server.close()))
    ),
    ({ asked, url }) => ({ asked, url })
  )

const hmac = { apiKey: Redacted.make("an-api-key"), secretKey: Redacted.make("the-secret-of-it") }

const checkAt = (url: string, keys = hmac, insists = false) =>
  Effect.flatMap(KeyCheck, ({ check }) => check(keys, insists)).pipe(
    Effect.provide(
      BinanceKeyCheck.layer.pipe(Layer.provide(Settings.layer({ EXCHANGE: "binance", BINANCE_REST_URL: url }))),
      { local: true }
    )
  )

const check = (says: Says, keys = hmac, insists = false) =>
  Effect.scoped(Effect.flatMap(exchange(says), ({ url }) => checkAt(url, keys, insists)))

const refusal = (says: Says, keys = hmac) => Effect.flip(check(says, keys))
const code = (status: number, code: number): Answer => [status, { code, msg: "in Binance's words" }]

describe("keys on entry", () => {
  it.live("are good where they may trade and not withdraw, and are tied to an address: nothing is left to say", () =>
    Effect.gen(function* () {
      const found = Option.getOrThrow(yield* check({}))
      assert.deepStrictEqual(found, { exchange: "binance testnet", uid: "7", warnings: [] })
    })
  )

  it.live("that can withdraw are refused, unless their owner insists, and then warned of", () =>
    Effect.gen(function* () {
      const says: Says = { rights: [200, { ...rights, enableWithdrawals: true }] }
      const no = yield* refusal(says)
      assert.deepInclude(no, { _tag: "KeyRefused", half: "apiKey", onlyWithdraws: true })
      assert.match(no.message, /can withdraw money.*or insist/)
      const { warnings } = Option.getOrThrow(yield* check(says, hmac, true))
      assert.lengthOf(warnings, 1)
      assert.match(warnings[0] ?? "", /can withdraw/)
    })
  )

  it.live("that work from any address are taken with a warning", () =>
    Effect.gen(function* () {
      const { warnings } = Option.getOrThrow(yield* check({ rights: [200, { ...rights, ipRestrict: false }] }))
      assert.lengthOf(warnings, 1)
      assert.match(warnings[0] ?? "", /any address/)
    })
  )

  it.live("that may not trade, or whose account may not, are refused", () =>
    Effect.gen(function* () {
      const readOnly = yield* refusal({ rights: [200, { ...rights, enableSpotAndMarginTrading: false }] })
      assert.match(readOnly.message, /This key may not trade/)
      assert.notProperty(readOnly, "onlyWithdraws")
      const frozen = yield* refusal({ account: [200, { ...account, canTrade: false }] })
      assert.match(frozen.message, /does not let the account of this key trade/)
    })
  )

  it.live("of an exchange that does not tell a key's rights are taken, and the owner is told to look", () =>
    Effect.gen(function* () {
      const { warnings } = Option.getOrThrow(yield* check({ rights: [404, "<html></html>"] }))
      assert.lengthOf(warnings, 1)
      assert.match(warnings[0] ?? "", /does not tell what this key may do.*may trade and not withdraw/)
    })
  )

  const wrong: ReadonlyArray<readonly [number, number, "apiKey" | "secretKey", RegExp]> = [
    [401, -2008, "apiKey", /not known at Binance testnet; keys of live, testnet and demo are different/],
    [401, -2015, "apiKey", /keys of live, testnet and demo are different.*other addresses/],
    [401, -2014, "apiKey", /not the form of a Binance API key/],
    [400, -1022, "secretKey", /does not belong to the key/]
  ]
  for (const [status, number, half, sentence] of wrong) {
    it.live(`answered with ${number} are refused: the ${half} is wrong`, () =>
      Effect.gen(function* () {
        const no = yield* refusal({ account: code(status, number) })
        assert.deepInclude(no, { _tag: "KeyRefused", half })
        assert.match(no.message, sentence)
      })
    )
  }

  for (const [status, sentence] of [
    [401, /BINANCE_ENV/],
    [403, /firewall/],
    [451, /BINANCE_PROXY/],
    [500, /500/]
  ] as const) {
    it.live(`say nothing of themselves where ${status} stands in the way`, () =>
      Effect.gen(function* () {
        const no = yield* refusal({ account: [status, "<html></html>"] })
        assert.strictEqual(no._tag, "KeyNotChecked")
        assert.match(no.message, sentence)
        const later = yield* refusal({ rights: [status, "<html></html>"] })
        assert.strictEqual(later._tag, "KeyNotChecked", "rights that could not be asked are not taken for granted")
      })
    )
  }

  it.live("cannot be checked where nobody answers", () =>
    Effect.gen(function* () {
      const no = yield* Effect.flip(checkAt(`http://127.0.0.1:${yield* Effect.promise(freePort)}`))
      assert.strictEqual(no._tag, "KeyNotChecked")
      assert.match(no.message, /cannot be reached/)
    })
  )

  it.live("that cannot be keys are refused without asking anybody, and are not repeated", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const { asked, url } = yield* exchange({})
        const pem = "-----BEGIN PRIVATE KEY-----\nrecognizable\n-----END PRIVATE KEY-----"
        const unreadable = yield* Effect.flip(checkAt(url, { ...hmac, secretKey: Redacted.make(pem) }))
        assert.deepInclude(unreadable, { _tag: "KeyRefused", half: "secretKey" })
        const malformed = yield* Effect.flip(checkAt(url, { ...hmac, apiKey: Redacted.make("a\r\nrecognizable: b") }))
        assert.deepInclude(malformed, { _tag: "KeyRefused", half: "apiKey" })
        assert.notMatch(`${unreadable.message}${malformed.message}`, /recognizable/)
        assert.deepStrictEqual(asked, [])
      })
    )
  )

  for (const type of ["rsa", "ed25519"] as const) {
    it.live(`of ${type} are read from PEM, also where its line breaks were lost`, () =>
      Effect.gen(function* () {
        const format = { type: "pkcs8", format: "pem" } as const
        const pair =
          type === "rsa" ? generateKeyPairSync("rsa", { modulusLength: 2048 }) : generateKeyPairSync("ed25519")
        const pem = String(pair.privateKey.export(format))
        for (const text of [pem, pem.replaceAll("\n", " "), pem.replaceAll("\n", "\\n"), pem.replaceAll("\n", "")]) {
          const found = yield* check({}, { ...hmac, secretKey: Redacted.make(text) })
          assert.isTrue(Option.isSome(found), text.slice(0, 40))
        }
      })
    )
  }
})

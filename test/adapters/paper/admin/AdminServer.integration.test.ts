// The administrator's door over a real socket on loopback.
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, type Scope } from "effect"
import { HttpServer } from "effect/http"
import { generateKeyPairSync } from "node:crypto"
import { request } from "node:http"
import * as AdminServer from "../../../../src/adapters/paper/admin/AdminServer.ts"
import { Venue } from "../../../../src/adapters/paper/Venue.ts"
import * as VenueEngine from "../../../../src/adapters/paper/VenueEngine.ts"
import { Faults } from "../../../../src/adapters/paper/faults/Faults.ts"
import * as NodeServer from "../../../../src/adapters/server/NodeServer.ts"
import * as MemoryPaperJournal from "../../../../src/ports/MemoryPaperJournal.ts"
import { PaperKeys } from "../../../../src/ports/PaperKeys.ts"
import * as StillMarket from "../../../kit/StillMarket.ts"

interface Admin {
  readonly venue: Venue["Service"]
  readonly faults: Faults["Service"]
  readonly ask: (method: string, path: string, json?: unknown, headers?: Record<string, string>) => Effect.Effect<Reply>
}

interface Reply {
  readonly status: number
  readonly body: any
}

/** `node:http` rather than fetch, which sets Host itself. */
const send = (port: number, method: string, path: string, body: string, headers: Record<string, string>) =>
  Effect.callback<Reply>((resume) => {
    const sent = request({ host: "127.0.0.1", port, method, path, headers }, (response) => {
      let text = ""
      response.setEncoding("utf8").on("data", (chunk: string) => void (text += chunk))
      response.on("end", () => resume(Effect.succeed({ status: response.statusCode ?? 0, body: JSON.parse(text) })))
    })
    sent.on("error", (error) => resume(Effect.die(error)))
    sent.end(body)
  })

const started: Effect.Effect<Admin, never, Scope.Scope> = Effect.gen(function* () {
  const venue = VenueEngine.layer().pipe(
    Layer.provide(Layer.mergeAll(StillMarket.layer, MemoryPaperJournal.layerMemory))
  )
  const parts = Layer.mergeAll(venue, PaperKeys.layerMemory, Faults.layerOf(7))
  const server = NodeServer.layer({ host: AdminServer.LOOPBACK, port: 0 })
  const context = yield* Layer.build(
    Layer.fresh(AdminServer.layer.pipe(Layer.provideMerge(parts), Layer.provideMerge(server)))
  )
  const { port } = Context.get(context, HttpServer.HttpServer).address as { readonly port: number }
  return {
    venue: Context.get(context, Venue),
    faults: Context.get(context, Faults),
    ask: (method: string, path: string, json?: unknown, headers: Record<string, string> = {}) => {
      const body = json === undefined ? "" : typeof json === "string" ? json : JSON.stringify(json)
      return send(port, method, path, body, { "content-type": "application/json", ...headers })
    }
  }
}).pipe(Effect.orDie)

/** Buys 4 BTC at 100 USDT from a market where nobody sells. */
const rest = (venue: Venue["Service"], account: string, clientOrderId: string) =>
  venue.execute({
    _tag: "Place",
    account,
    symbol: "BTCUSDT",
    order: {
      clientOrderId,
      side: "BUY",
      type: "LIMIT",
      timeInForce: "GTC",
      lots: 400_000,
      quote: 0n,
      ticks: 10_000,
      stopTicks: 0,
      trailingBips: 0,
      icebergLots: 0,
      stp: "EXPIRE_MAKER"
    }
  })

const codeOf = (reply: Reply) => `${reply.status} ${reply.body.error?.code}`

describe("who may ask", () => {
  it.live("a program on this machine is told what there is", () =>
    Effect.gen(function* () {
      const { ask } = yield* started
      const { body, status } = yield* ask("GET", "/")
      assert.strictEqual(status, 200)
      const paths = body.endpoints.map(
        (endpoint: { method: string; path: string }) => `${endpoint.method} ${endpoint.path}`
      )
      assert.includeMembers(paths, ["POST /keys", "POST /faults", "GET /state", "POST /accounts/:account/reset"])
      const delay = body.verbs.find(({ verb }: { verb: string }) => verb === "delay")
      assert.deepStrictEqual(delay.params.required, ["timing"])
      assert.containsAllKeys(delay.scope.properties, ["apiKey", "route"])
    })
  )

  it.live("a web page is refused, however it comes", () =>
    Effect.gen(function* () {
      const { ask, faults } = yield* started
      const fault = { verb: "freeze" }
      assert.strictEqual(
        codeOf(yield* ask("POST", "/faults", fault, { origin: "http://localhost:3000" })),
        "403 FROM_A_PAGE"
      )
      assert.strictEqual(
        codeOf(yield* ask("GET", "/state", undefined, { "sec-fetch-site": "cross-site" })),
        "403 FROM_A_PAGE"
      )
      assert.strictEqual(codeOf(yield* ask("GET", "/state", undefined, { host: "evil.example:80" })), "403 WRONG_HOST")
      assert.strictEqual(
        codeOf(yield* ask("GET", "/state", undefined, { host: "127.0.0.1.evil.example" })),
        "403 WRONG_HOST"
      )
      const form = { "content-type": "text/plain" }
      assert.strictEqual(codeOf(yield* ask("POST", "/faults", fault, form)), "415 UNSUPPORTED_MEDIA_TYPE")
      assert.isTrue(faults.quiet)
      assert.strictEqual((yield* ask("GET", "/state", undefined, { host: "localhost:1" })).status, 200)
    })
  )

  it.live("a wrong address, method or body is a sentence, not a stack", () =>
    Effect.gen(function* () {
      const { ask } = yield* started
      assert.strictEqual(codeOf(yield* ask("GET", "/nothing")), "404 NOT_FOUND")
      const wrong = yield* ask("DELETE", "/state")
      assert.strictEqual(codeOf(wrong), "405 METHOD_NOT_ALLOWED")
      assert.include(wrong.body.error.message, "GET")
      assert.strictEqual(codeOf(yield* ask("POST", "/keys", "{")), "400 MALFORMED_JSON")
      assert.strictEqual(codeOf(yield* ask("POST", "/keys", [1])), "400 BAD_REQUEST")
      assert.strictEqual(codeOf(yield* ask("POST", "/keys", "x".repeat(1_100_000))), "413 BODY_TOO_LARGE")
    })
  )
})

describe("keys", () => {
  it.live("a secret is shown once, to whoever makes the key, and the account is opened with its balances", () =>
    Effect.gen(function* () {
      const { ask } = yield* started
      const made = yield* ask("POST", "/keys", { account: "ann", label: "bot", balances: { USDT: "1000.5" } })
      assert.strictEqual(made.status, 200)
      assert.match(made.body.apiKey, /^[A-Za-z0-9]{64}$/)
      assert.match(made.body.secret, /^[A-Za-z0-9]{64}$/)
      assert.deepInclude(made.body, { account: "ann", kind: "hmac", label: "bot", permissions: ["read", "trade"] })
      const listed = yield* ask("GET", "/keys?account=ann")
      assert.lengthOf(listed.body.keys, 1)
      assert.notInclude(JSON.stringify(listed.body), made.body.secret)
      const account = yield* ask("GET", "/accounts/ann")
      assert.deepStrictEqual(account.body.balances, [{ asset: "USDT", free: "1000.5", locked: "0" }])
      assert.strictEqual((yield* ask("DELETE", `/keys/${made.body.apiKey}`)).status, 200)
      assert.strictEqual(codeOf(yield* ask("DELETE", `/keys/${made.body.apiKey}`)), "404 NO_SUCH_KEY")
      assert.deepStrictEqual((yield* ask("GET", "/keys?account=ann")).body.keys, [])
    })
  )

  it.live("a public key is taken where it is one of its kind; a private one is sent back", () =>
    Effect.gen(function* () {
      const { ask } = yield* started
      const ed = generateKeyPairSync("ed25519")
      const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 })
      const weak = generateKeyPairSync("rsa", { modulusLength: 1024 })
      const spki = { type: "spki", format: "pem" } as const
      const pem = ed.publicKey.export(spki)
      const make = (kind: string, publicKey?: unknown) => ask("POST", "/keys", { account: "ann", kind, publicKey })
      const made = yield* make("ed25519", pem)
      assert.deepInclude(made.body, { kind: "ed25519", publicKey: pem })
      assert.notProperty(made.body, "secret")
      assert.strictEqual((yield* make("rsa", rsa.publicKey.export(spki))).status, 200)
      for (const refused of [
        make("ed25519"),
        make("ed25519", rsa.publicKey.export(spki)),
        make("rsa", weak.publicKey.export(spki)),
        make("ed25519", ed.privateKey.export({ type: "pkcs8", format: "pem" })),
        make("ed25519", "hello"),
        make("hmac", pem)
      ]) {
        assert.strictEqual(codeOf(yield* refused), "400 BAD_PUBLIC_KEY")
      }
    })
  )

  it.live("has the rights and the addresses that are asked for, and no others", () =>
    Effect.gen(function* () {
      const { ask } = yield* started
      const wanted = { permissions: ["read", "withdraw"], addresses: ["192.0.2.1", "2001:db8::1"] }
      const made = yield* ask("POST", "/keys", { account: "ann", ...wanted })
      assert.deepInclude(made.body, wanted)
      assert.deepInclude((yield* ask("POST", "/keys", { account: "ann" })).body, {
        permissions: ["read", "trade"],
        addresses: []
      })
      for (const wrong of [{ permissions: ["steal"] }, { addresses: ["the office"] }, { addresses: "192.0.2.1" }]) {
        const refused = yield* ask("POST", "/keys", { account: "ann", ...wrong })
        assert.strictEqual(codeOf(refused), "400 BAD_REQUEST")
        assert.include(refused.body.error.message, `${Object.keys(wrong)[0]}`)
      }
      assert.lengthOf((yield* ask("GET", "/keys?account=ann")).body.keys, 2)
    })
  )

  it.live("what is wrong with a request is named by field", () =>
    Effect.gen(function* () {
      const { ask } = yield* started
      const reply = yield* ask("POST", "/keys", { account: "a b", kind: "dsa", permisions: [] })
      assert.strictEqual(codeOf(reply), "400 BAD_REQUEST")
      for (const field of ["account", "kind", "permisions"]) assert.include(reply.body.error.message, `${field}:`)
      assert.strictEqual(codeOf(yield* ask("GET", "/keys")), "400 BAD_REQUEST")
      yield* ask("POST", "/keys", { account: "ann" })
      const again = yield* ask("POST", "/keys", { account: "ann", balances: { USDT: "1" } })
      assert.strictEqual(codeOf(again), "409 ACCOUNT_EXISTS")
    })
  )
})

describe("accounts", () => {
  it.live("money goes in and out exactly, and not further than it is there", () =>
    Effect.gen(function* () {
      const { ask } = yield* started
      yield* ask("POST", "/keys", { account: "ann" })
      const deposit = (asset: string, amount: unknown) => ask("POST", "/accounts/ann/deposit", { asset, amount })
      yield* deposit("BTC", "0.30000001")
      const out = yield* deposit("BTC", "-0.1")
      assert.deepStrictEqual(out.body.balances, [{ asset: "BTC", free: "0.20000001", locked: "0" }])
      assert.strictEqual(codeOf(yield* deposit("BTC", "-0.20000002")), "409 REJECTED")
      for (const wrong of [0.5, "0", "1e3", "0.000000001", "", "NaN"]) {
        assert.strictEqual(codeOf(yield* deposit("BTC", wrong)), "400 BAD_REQUEST", String(wrong))
      }
      assert.strictEqual(codeOf(yield* deposit("btc", "1")), "400 BAD_REQUEST")
      assert.strictEqual(
        codeOf(yield* ask("POST", "/accounts/bob/deposit", { asset: "BTC", amount: "1" })),
        "404 NO_SUCH_ACCOUNT"
      )
    })
  )

  it.live("a reset cancels what is open and leaves exactly the balances asked for", () =>
    Effect.gen(function* () {
      const { ask, venue } = yield* started
      yield* ask("POST", "/keys", { account: "ann", balances: { USDT: "1000", ETH: "3" } })
      yield* rest(venue, "ann", "c1")
      const before = yield* ask("GET", "/accounts/ann")
      assert.deepInclude(before.body.balances, { asset: "USDT", free: "600", locked: "400" })
      assert.deepInclude(before.body.openOrders[0], {
        clientOrderId: "c1",
        price: "100.00",
        quantity: "4.00000",
        status: "NEW"
      })
      const reset = yield* ask("POST", "/accounts/ann/reset", { balances: { USDT: "250", BTC: "1" } })
      assert.deepStrictEqual(reset.body.openOrders, [])
      assert.sameDeepMembers(reset.body.balances, [
        { asset: "USDT", free: "250", locked: "0" },
        { asset: "BTC", free: "1", locked: "0" }
      ])
      assert.strictEqual(
        codeOf(yield* ask("POST", "/accounts/ann/reset", { balances: { USDT: "-1" } })),
        "400 BAD_REQUEST"
      )
      assert.strictEqual(codeOf(yield* ask("POST", "/accounts/ann/reset")), "400 BAD_REQUEST")
    })
  )

  it.live("the state is told in figures that two runs can be compared by", () =>
    Effect.gen(function* () {
      const { ask, venue } = yield* started
      yield* ask("POST", "/keys", { account: "ann" })
      const first = (yield* ask("GET", "/state")).body
      assert.deepInclude(first, { accounts: 1, openOrders: 0 })
      assert.match(first.stateHash, /^[0-9a-f]{16,}$/)
      yield* ask("POST", "/accounts/ann/deposit", { asset: "USDT", amount: "1000" })
      yield* rest(venue, "ann", "c1")
      const second = (yield* ask("GET", "/state")).body
      assert.deepInclude(second, { accounts: 1, openOrders: 1, journalSeq: first.journalSeq + 2 })
      assert.notStrictEqual(second.stateHash, first.stateHash)
      assert.deepStrictEqual((yield* ask("GET", "/state")).body, second)
    })
  )
})

describe("faults", () => {
  it.live("a fault is set, waited for until it has happened, and cleared", () =>
    Effect.gen(function* () {
      const { ask, faults } = yield* started
      const set = yield* ask("POST", "/faults", { verb: "loseAck", scope: { apiKey: "k" }, params: { how: "504" } })
      assert.deepInclude(set.body, { verb: "loseAck", state: "standing", happened: 0 })
      const { id } = set.body
      const [waited] = yield* Effect.all(
        [
          ask("GET", `/faults/${id}?wait=60000`),
          Effect.sync(() => faults.afterCall({ apiKey: "k", route: "POST /api/v3/order", at: 5 }, true))
        ],
        { concurrency: "unbounded" }
      )
      assert.deepInclude(waited.body, { state: "spent", happened: 1 })
      assert.deepInclude(waited.body.occurrences[0], { n: 1, at: 5 })
      const freeze = yield* ask("POST", "/faults", { verb: "freeze" })
      assert.isTrue(faults.frozen({}))
      const soon = yield* ask("GET", `/faults/${freeze.body.id}?wait=1`)
      assert.deepInclude(soon.body, { state: "standing", happened: 0 })
      yield* ask("DELETE", `/faults/${freeze.body.id}`)
      assert.isFalse(faults.frozen({}))
      yield* ask("POST", "/faults", { verb: "silence" })
      yield* ask("DELETE", "/faults")
      assert.isTrue(faults.quiet)
      assert.lengthOf((yield* ask("GET", "/faults")).body.faults, 3)
    })
  )

  it.live("a fault that cannot be is refused with what is wrong", () =>
    Effect.gen(function* () {
      const { ask } = yield* started
      const verb = yield* ask("POST", "/faults", { verb: "explode" })
      assert.strictEqual(codeOf(verb), "400 NO_SUCH_VERB")
      assert.include(verb.body.error.message, "loseAck")
      const delay = yield* ask("POST", "/faults", { verb: "delay", params: { timing: { millis: -1 } }, share: 2 })
      assert.strictEqual(codeOf(delay), "400 BAD_REQUEST")
      assert.include(delay.body.error.message, "share:")
      assert.strictEqual(codeOf(yield* ask("POST", "/faults", { verb: "freeze", scoop: {} })), "400 BAD_REQUEST")
      assert.strictEqual(codeOf(yield* ask("GET", "/faults/f9")), "404 NO_SUCH_FAULT")
      assert.strictEqual(codeOf(yield* ask("DELETE", "/faults/f9")), "404 NO_SUCH_FAULT")
      const { body } = yield* ask("POST", "/faults", { verb: "freeze" })
      assert.strictEqual(codeOf(yield* ask("GET", `/faults/${body.id}?wait=soon`)), "400 BAD_REQUEST")
      assert.strictEqual(codeOf(yield* ask("GET", `/faults/${body.id}?wait=99999999`)), "400 BAD_REQUEST")
    })
  )
})

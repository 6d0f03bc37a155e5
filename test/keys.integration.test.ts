// Exchange keys at a real desk that trades at the paper exchange over Binance's wire: what is let in, what is not, and what is never seen again.
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { generateKeyPairSync } from "node:crypto"
import * as fs from "node:fs"
import * as path from "node:path"
import type { OrderView } from "../src/contract/Views.ts"
import * as Client from "./kit/Client.ts"
import * as Desk from "./kit/Desk.ts"
import * as PaperProcess from "./kit/PaperProcess.ts"

class Both extends Context.Service<
  Both,
  { readonly desk: Desk.Desk; readonly paper: PaperProcess.Paper; readonly dataDir: string }
>()("test/keys/Both") {}

const settingsOf = ({ url, wsUrl }: PaperProcess.Paper, dataDir: string): Desk.Settings => ({
  DATA_DIR: dataDir,
  EXCHANGE: "binance",
  MARKET: "sim:3",
  BINANCE_REST_URL: url,
  BINANCE_WS_API_URL: wsUrl,
  BINANCE_STREAM_URL: wsUrl,
  LOG_LEVEL: "debug"
})

const processes = Layer.effect(
  Both,
  Effect.gen(function* () {
    const paper = yield* Effect.acquireRelease(
      Effect.promise(() => PaperProcess.startPaper({ limits: "off" })),
      ({ stop }) => Effect.promise(stop)
    )
    const dataDir = Desk.temporaryDirectory()
    const desk = yield* Effect.acquireRelease(
      Effect.promise(() => Desk.start(settingsOf(paper, dataDir))),
      ({ stop }) => Effect.promise(stop)
    )
    return { desk, paper, dataDir }
  })
)

interface Entered {
  readonly token: string
  readonly warnings?: ReadonlyArray<string>
}

const PASSWORD = "correct horse battery"
const register = (url: string, name: string, keys: object) =>
  Effect.promise(() =>
    Client.call<Entered & Client.ErrorBody>(url, "POST", "/auth/register", {
      body: { email: `${name}@example.org`, password: PASSWORD, ...keys }
    })
  )
const logIn = (url: string, name: string) =>
  Effect.promise(() =>
    Client.call(url, "POST", "/auth/login", { body: { email: `${name}@example.org`, password: PASSWORD } })
  )

const moneyed = { USDT: "100000", BTC: "1" }
const hmacKey = (paper: PaperProcess.Paper, account: string, rest: object = { balances: moneyed }) =>
  Effect.promise(async () => {
    const { apiKey, secret } = (await paper.admin("POST", "/keys", { account, ...rest })) as PaperProcess.ApiKey
    return { binanceApiKey: apiKey, binanceSecretKey: secret }
  })

const ENDED = new Set(["FILLED", "DENIED", "REJECTED", "CANCELED", "EXPIRED"])

const filled = (url: string, token: string) =>
  Effect.promise(async () => {
    const body = { symbol: "BTCUSDT", side: "SELL", type: "MARKET", quantity: "0.01" }
    const placed = await Client.eventually(
      () => Client.call<{ orderId: string }>(url, "POST", "/api/trading/orders", { token, body }),
      ({ status }) => status === 201
    )
    const { body: order } = await Client.eventually(
      () => Client.call<OrderView>(url, "GET", `/api/trading/orders/${placed.body.orderId}`, { token }),
      (answer) => ENDED.has(answer.body.status)
    )
    return order.status
  })

const everythingIn = (folder: string): Buffer =>
  Buffer.concat(
    fs
      .readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => fs.readFileSync(path.join(entry.parentPath, entry.name)))
  )

layer(processes, { excludeTestServices: true, timeout: "120 seconds" })("exchange keys on entry", (it) => {
  it.effect("let an order be filled; their warnings are told once, and they are never seen again", () =>
    Effect.gen(function* () {
      const { dataDir, desk, paper } = yield* Both
      const keys = yield* hmacKey(paper, "ann")
      const entered = yield* register(desk.url, "ann", keys)
      assert.strictEqual(entered.status, 201, JSON.stringify(entered.body))
      assert.match((entered.body.warnings ?? []).join(), /any address/)
      assert.strictEqual(yield* filled(desk.url, entered.body.token), "FILLED")
      const again = yield* logIn(desk.url, "ann")
      const account = yield* Effect.promise(() =>
        Client.call(desk.url, "GET", "/api/trading/account", { token: entered.body.token })
      )
      const seen = JSON.stringify([entered.body, again.body, account.body]) + desk.output()
      // The database is on disk, its journal, its logs and all.
      const stored = everythingIn(dataDir)
      for (const secret of Object.values(keys)) {
        assert.notInclude(seen, secret)
        assert.strictEqual(stored.indexOf(secret), -1)
      }
      assert.isAbove(stored.indexOf("ann@example.org"), -1, "what is stored can be found")
    })
  )

  for (const type of ["rsa", "ed25519"] as const) {
    it.effect(`of ${type} let an order be filled, signed with the private key as it was given`, () =>
      Effect.gen(function* () {
        const { dataDir, desk, paper } = yield* Both
        const pair =
          type === "rsa" ? generateKeyPairSync("rsa", { modulusLength: 2048 }) : generateKeyPairSync("ed25519")
        const publicKey = String(pair.publicKey.export({ type: "spki", format: "pem" }))
        const pem = String(pair.privateKey.export({ type: "pkcs8", format: "pem" }))
        const body = { account: type, kind: type, publicKey, balances: moneyed }
        const { apiKey } = (yield* Effect.promise(() => paper.admin("POST", "/keys", body))) as PaperProcess.ApiKey
        const entered = yield* register(desk.url, type, { binanceApiKey: apiKey, binanceSecretKey: pem })
        assert.strictEqual(entered.status, 201, JSON.stringify(entered.body))
        assert.strictEqual(yield* filled(desk.url, entered.body.token), "FILLED")
        const line = pem.split("\n")[1] ?? ""
        assert.isAbove(line.length, 40)
        assert.notInclude(JSON.stringify(entered.body) + desk.output(), line)
        assert.strictEqual(everythingIn(dataDir).indexOf(line), -1)
      })
    )
  }

  it.effect("that are no good are refused by field, and leave nobody behind", () =>
    Effect.gen(function* () {
      const { desk, paper } = yield* Both
      const good = yield* hmacKey(paper, "bob")
      const other = yield* hmacKey(paper, "bert")
      const readOnly = yield* hmacKey(paper, "rita", { permissions: ["read"], balances: moneyed })
      const refused: ReadonlyArray<readonly [object, string, RegExp]> = [
        [{ ...good, binanceApiKey: "A".repeat(64) }, "binanceApiKey", /keys of live, testnet and demo are different/],
        [{ ...good, binanceApiKey: "not-a-key" }, "binanceApiKey", /not the form/],
        [{ ...good, binanceSecretKey: other.binanceSecretKey }, "binanceSecretKey", /does not belong to the key/],
        [readOnly, "binanceApiKey", /may not trade/]
      ]
      for (const [keys, field, sentence] of refused) {
        const answer = yield* register(desk.url, "bob", keys)
        assert.deepStrictEqual(
          [answer.status, answer.body.error.code],
          [400, "KEY_REFUSED"],
          JSON.stringify(answer.body)
        )
        assert.match(answer.body.error.fields?.[field] ?? "", sentence)
        assert.strictEqual((yield* logIn(desk.url, "bob")).status, 401)
      }
      assert.strictEqual((yield* register(desk.url, "bob", {})).status, 400, "a desk at Binance wants keys")
      // The address is still free, and so is the account at the exchange.
      assert.strictEqual((yield* register(desk.url, "bob", good)).status, 201)
    })
  )

  it.effect(
    "that can withdraw are refused with a code of their own, and taken with a warning where their owner insists",
    () =>
      Effect.gen(function* () {
        const { desk, paper } = yield* Both
        const rich = yield* hmacKey(paper, "wanda", { permissions: ["read", "trade", "withdraw"], balances: moneyed })
        const answer = yield* register(desk.url, "wanda", rich)
        assert.deepStrictEqual([answer.status, answer.body.error.code], [400, "KEY_WITHDRAWS"])
        assert.match(answer.body.error.fields?.["binanceApiKey"] ?? "", /can withdraw money/)
        assert.property(answer.body.error.fields, "acceptWithdrawals")
        assert.strictEqual((yield* logIn(desk.url, "wanda")).status, 401)
        const insisted = yield* register(desk.url, "wanda", { ...rich, acceptWithdrawals: true })
        assert.strictEqual(insisted.status, 201, JSON.stringify(insisted.body))
        assert.match(insisted.body.warnings?.join(" ") ?? "", /can withdraw money/)
        const elsewhere = yield* hmacKey(paper, "elsa", { addresses: ["192.0.2.1"], balances: moneyed })
        const refused = yield* register(desk.url, "elsa", elsewhere)
        assert.deepStrictEqual([refused.status, refused.body.error.code], [400, "KEY_REFUSED"])
        assert.match(refused.body.error.message, /tied to other addresses/)
        const tied = yield* hmacKey(paper, "tina", { addresses: ["127.0.0.1"], balances: moneyed })
        const taken = yield* register(desk.url, "tina", tied)
        assert.deepStrictEqual([taken.status, taken.body.warnings], [201, undefined])
      })
  )

  it.effect("of an account that another one here trades are refused at once, and leave nobody behind", () =>
    Effect.gen(function* () {
      const { desk, paper } = yield* Both
      assert.strictEqual((yield* register(desk.url, "carl", yield* hmacKey(paper, "shared"))).status, 201)
      const second = yield* register(desk.url, "cora", yield* hmacKey(paper, "shared", {}))
      assert.deepStrictEqual([second.status, second.body.error.code], [409, "EXCHANGE_ACCOUNT_TAKEN"])
      assert.match(second.body.error.message, /one of ours each/)
      assert.strictEqual((yield* logIn(desk.url, "cora")).status, 401)
      const taken = yield* register(desk.url, "carl", yield* hmacKey(paper, "carl2"))
      assert.deepStrictEqual([taken.status, taken.body.error.code], [409, "EMAIL_TAKEN"])
    })
  )

  it.effect("are not stored while the exchange cannot be asked", () =>
    Effect.gen(function* () {
      const { desk, paper } = yield* Both
      const keys = yield* hmacKey(paper, "dora")
      yield* Effect.promise(paper.stop)
      const answer = yield* register(desk.url, "dora", keys)
      assert.deepStrictEqual([answer.status, answer.body.error.code], [503, "EXCHANGE_UNAVAILABLE"])
      assert.match(answer.body.error.message, /cannot be reached.*Nothing was stored/)
      assert.strictEqual((yield* logIn(desk.url, "dora")).status, 401)
    })
  )
})

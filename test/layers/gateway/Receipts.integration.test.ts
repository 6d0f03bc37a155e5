import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Stream } from "effect"
import type { Setting } from "../../../src/Config.ts"
import { AccountId, CommandId, OrderId } from "../../../src/domain/Ids.ts"
import type { Instrument } from "../../../src/domain/Instrument.ts"
import { Journal, JournalError } from "../../../src/ports/Journal.ts"
import { MarketData } from "../../../src/ports/MarketData.ts"
import { MarketSource } from "../../../src/ports/MarketSource.ts"
import { canceled, deposited, orderId, SampleWriter, submitted } from "../../kit/Samples.ts"
import { call, type Person, person, type Ports, serve, type Served, tradeAt } from "../../kit/Served.ts"
import { btcusdt } from "../../kit/Trading.ts"

interface Desk extends Served {
  readonly ann: Person
}

/** A served gateway, a market at `ticks` × 100, and Ann. */
const desk = <A>(
  use: (desk: Desk) => Effect.Effect<A>,
  settings: Partial<Record<Setting, string>> = {},
  instead: Layer.Layer<never, never, Ports> = Layer.empty
) =>
  Effect.scoped(
    Effect.gen(function* () {
      const served = yield* serve(Layer.empty, settings, instead)
      Context.get(served.context, MarketData).apply(tradeAt(100_000))
      return yield* use({ ...served, ann: yield* person(served, "ann") })
    })
  )

const small = { symbol: "BTCUSDT", side: "BUY", type: "MARKET", quantity: "0.0001" }

const place = ({ ann, base }: Desk, json: unknown, key?: string) =>
  call(base, "POST", "/api/trading/orders", {
    token: ann.token,
    json,
    ...(key === undefined ? {} : { headers: { "idempotency-key": key } })
  })

const cancel = ({ ann, base }: Desk, orderId: string, key: string) =>
  call(base, "DELETE", `/api/trading/orders/${orderId}`, { token: ann.token, headers: { "idempotency-key": key } })

const amend = ({ ann, base }: Desk, orderId: string, quantity: string | number, key: string) =>
  call(base, "PATCH", `/api/trading/orders/${orderId}`, {
    token: ann.token,
    json: { quantity },
    headers: { "idempotency-key": key }
  })

/** Nobody has an order of this id. */
const NOTHING = "01912f5c-0000-7000-8000-00000000ffff"

const stored = ({ ann, context }: Desk, key: string) =>
  Effect.orDie(Context.get(context, Journal).command(AccountId.make(ann.accountId), CommandId.make(key)))

describe("a refusal under an Idempotency-Key", () => {
  it.live("is said again word for word, also when the order would be fine by now", () =>
    desk((it) =>
      Effect.gen(function* () {
        const first = yield* place(it, small, "k-1")
        assert.deepStrictEqual([first.status, first.body.error.code], [400, "NOTIONAL_TOO_SMALL"])
        // From here on 0.0001 BTC is worth enough.
        Context.get(it.context, MarketData).apply(tradeAt(6_000_000, 2))
        const again = yield* place(it, small, "k-1")
        assert.deepStrictEqual([again.status, again.body], [first.status, first.body])
        assert.strictEqual((yield* place(it, small, "k-2")).status, 201)
        assert.strictEqual((yield* place(it, small)).status, 201)
        const { body } = yield* call(it.base, "GET", "/api/trading/orders", { token: it.ann.token })
        assert.strictEqual(body.orders.length, 2, "the refused one is no order")
      })
    )
  )

  it.live("holds its key against another request", () =>
    desk((it) =>
      Effect.gen(function* () {
        yield* place(it, small, "k-1")
        for (const other of [
          yield* place(it, { ...small, quantity: "0.0002" }, "k-1"),
          yield* place(it, { ...small, quantity: "0.5" }, "k-1"),
          yield* cancel(it, NOTHING, "k-1")
        ]) {
          assert.deepStrictEqual([other.status, other.body.error.code], [409, "IDEMPOTENCY_CONFLICT"])
        }
      })
    )
  )

  it.live("is kept of a cancel that found nothing", () =>
    desk((it) =>
      Effect.gen(function* () {
        const first = yield* cancel(it, NOTHING, "c-1")
        assert.deepStrictEqual([first.status, first.body.error.code], [404, "ORDER_NOT_FOUND"])
        assert.deepStrictEqual((yield* cancel(it, NOTHING, "c-1")).body, first.body)
        const { orderId } = (yield* place(it, { ...small, quantity: "0.5" })).body
        assert.strictEqual((yield* cancel(it, orderId, "c-1")).status, 409)
        assert.strictEqual((yield* cancel(it, orderId, "c-2")).status, 200)
      })
    )
  )

  it.live("is not kept where the request could not be read, or its sender not be known", () =>
    desk((it) =>
      Effect.gen(function* () {
        const unreadable = yield* place(it, { ...small, quantity: "much" }, "k-1")
        const anonymous = yield* place({ ...it, ann: { ...it.ann, token: "nobody" } }, small, "k-2")
        const incomplete = yield* place(it, { ...small, type: "LIMIT" }, "k-3")
        assert.deepStrictEqual([unreadable.status, anonymous.status, incomplete.status], [400, 401, 400])
        for (const key of ["k-1", "k-2", "k-3"]) {
          assert.strictEqual((yield* stored(it, key))._tag, "None")
          assert.strictEqual((yield* place(it, { ...small, quantity: "0.5" }, key)).status, 201)
        }
      })
    )
  )

  it.live("is kept of a cancel and of an amend that came too late, and not of those that came in time", () =>
    desk((it) =>
      Effect.gen(function* () {
        const journal = Context.get(it.context, Journal)
        const writer = new SampleWriter(AccountId.make(it.ann.accountId))
        const mine = orderId(1)
        yield* Effect.orDie(journal.append(writer.next([deposited("USDT", "1000000"), submitted(1)])))
        const taken = [yield* cancel(it, mine, "c-1"), yield* amend(it, mine, "0.2", "a-1")]
        assert.deepStrictEqual(
          taken.map(({ status }) => status),
          [200, 200]
        )
        yield* Effect.orDie(journal.append(writer.next([canceled(1)])))
        const again = [yield* cancel(it, mine, "c-1"), yield* amend(it, mine, 0.2, "a-1")]
        assert.deepStrictEqual(
          again.map(({ body, status }) => [status, body]),
          taken.map(({ body, status }) => [status, body])
        )
        const late = [yield* cancel(it, mine, "c-2"), yield* amend(it, mine, "0.2", "a-2")]
        const others = [yield* cancel(it, NOTHING, "c-2"), yield* amend(it, mine, "0.1", "a-2")]
        for (const { body, status } of late) assert.deepStrictEqual([status, body.error.code], [409, "ORDER_CLOSED"])
        for (const { body, status } of others) {
          assert.deepStrictEqual([status, body.error.code], [409, "IDEMPOTENCY_CONFLICT"])
        }
        assert.deepStrictEqual((yield* amend(it, mine, "0.20", "a-2")).body, late[1]!.body)
      })
    )
  )

  it.live("is not kept without a key", () =>
    desk((it) =>
      Effect.gen(function* () {
        const path = `/api/trading/orders/${NOTHING}`
        assert.strictEqual((yield* call(it.base, "DELETE", path, { token: it.ann.token })).status, 404)
        const asked = Effect.orDie(
          Context.get(it.context, Journal).trail(AccountId.make(it.ann.accountId), OrderId.make(NOTHING), 10)
        )
        assert.deepStrictEqual((yield* asked).commands, [])
        yield* cancel(it, NOTHING, "c-1")
        assert.strictEqual((yield* asked).commands.length, 1)
      })
    )
  )

  it.live("is not kept where its sender was too fast", () =>
    desk(
      (it) =>
        Effect.gen(function* () {
          const keys = Array.from({ length: 12 }, (_, index) => `k-${index}`)
          const answers = yield* Effect.forEach(keys, (key) => place(it, small, key), { concurrency: "unbounded" })
          const limited = keys.filter((_, index) => answers[index]!.status === 429)
          assert.isAbove(limited.length, 0)
          for (const key of limited) assert.strictEqual((yield* stored(it, key))._tag, "None")
        }),
      { ORDER_LIMIT: "2" }
    )
  )

  it.live("is not kept while the desk does not know its market, and what was taken stays taken", () => {
    const instruments = new Map<string, Instrument>()
    const unknown = Layer.provide(
      // Fresh: the desk has built this very layer over its own market.
      Layer.fresh(MarketData.layerMemory),
      Layer.succeed(MarketSource, {
        badge: { kind: "sim", label: "test market" },
        instruments,
        messages: Stream.never,
        history: () => Effect.succeed([]),
        skipped: Effect.succeed({})
      })
    ) as Layer.Layer<never>
    return desk(
      (it) =>
        Effect.gen(function* () {
          const away = yield* place(it, small, "k-1")
          assert.deepStrictEqual([away.status, away.body.error.code], [503, "MARKET_UNAVAILABLE"])
          assert.strictEqual((yield* stored(it, "k-1"))._tag, "None")
          instruments.set(btcusdt.symbol, btcusdt)
          const taken = yield* place(it, small, "k-1")
          assert.strictEqual(taken.status, 201)
          instruments.clear()
          assert.deepStrictEqual((yield* place(it, small, "k-1")).body, taken.body)
          assert.strictEqual((yield* place(it, { ...small, quantity: "0.5" }, "k-1")).status, 409)
        }),
      {},
      unknown
    )
  })

  it.live("is not kept where the journal could not take it", () => {
    let away = true
    const failing = Layer.effect(
      Journal,
      Effect.map(Journal, (real) => ({
        ...real,
        submit: (...args: Parameters<typeof real.submit>) =>
          away ? Effect.fail(new JournalError({ message: "Away." })) : real.submit(...args)
      }))
    ) as unknown as Layer.Layer<never, never, Ports>
    return desk(
      (it) =>
        Effect.gen(function* () {
          const lost = yield* place(it, small, "k-1")
          assert.deepStrictEqual([lost.status, lost.body.error.code], [503, "JOURNAL_UNAVAILABLE"])
          away = false
          assert.strictEqual((yield* place(it, { ...small, quantity: "0.5" }, "k-1")).status, 201)
        }),
      {},
      failing
    )
  })
})

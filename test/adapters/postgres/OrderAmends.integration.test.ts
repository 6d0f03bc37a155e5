// Orders that were made smaller before anybody counted it: what an upgrade makes of them.
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import migration from "../../../migrations/0012_order_amends.ts"
import * as PgBlotter from "../../../src/adapters/postgres/PgBlotter.ts"
import * as PgJournal from "../../../src/adapters/postgres/PgJournal.ts"
import { toSnapshot } from "../../../src/domain/Account.ts"
import { Blotter } from "../../../src/ports/Blotter.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { compare } from "../../../src/ports/Rebuild.ts"
import { layerPglite } from "../../kit/Postgres.ts"
import { accepted, accountId, amended, canceled, deposited, SampleWriter, submitted } from "../../kit/Samples.ts"

// A database is made for it alone: seconds, and more of them on a busy machine.
const MAKING_MILLIS = 120_000

it.live(
  "an upgrade counts how often each order was made smaller, by the journal",
  () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const services = yield* Layer.build(Layer.merge(PgJournal.layer, PgBlotter.layer))
      const [journal, blotter] = yield* Effect.all([Journal, Blotter]).pipe(Effect.provideContext(services))
      const begun = [deposited("USDT", "1000000"), submitted(1), accepted(1)]
      const open = new SampleWriter(accountId("open"))
      yield* journal.append(open.next([...begun, amended(1, "0.4")]))
      yield* journal.append(open.next([amended(1, "0.3")], { snapshot: toSnapshot(open.account) }))
      // As a desk wrote it that did not count.
      yield* sql`update account_snapshots set snapshot = snapshot #- '{orders,0,amends}'`
      const over = new SampleWriter(accountId("over"))
      yield* journal.append(over.next([...begun, amended(1, "0.4"), canceled(1)]))
      yield* journal.append({ ...over.next([submitted(2)]), snapshot: toSnapshot(over.account) })
      yield* sql`alter table orders drop column amends`
      yield* migration
      for (const { account } of [open, over]) {
        const { difference } = yield* compare(journal, blotter, account.accountId)
        assert.isUndefined(difference)
      }
      const [order] = (yield* blotter.state(open.account.accountId)).orders
      assert.strictEqual(order?.amends, 2)
      const loaded = yield* journal.load(open.account.accountId)
      assert.deepStrictEqual([Option.isNone(loaded.snapshot), loaded.events.length], [true, 5])
      assert.isTrue(Option.isSome((yield* journal.load(over.account.accountId)).snapshot))
    }).pipe(Effect.provide(layerPglite), Effect.scoped),
  MAKING_MILLIS
)

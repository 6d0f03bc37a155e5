// A journal that was written before events were chained: what an upgrade makes of it.
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import migration from "../../../migrations/0006_event_chain.ts"
import * as PgJournal from "../../../src/adapters/postgres/PgJournal.ts"
import { verify } from "../../../src/ports/Audit.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { layerPglite } from "../../kit/Postgres.ts"
import { accountId, boughtInTwo, deposited, SampleWriter } from "../../kit/Samples.ts"

it.live("events from before the chain stay as they are, are told apart, and are followed by chained ones", () =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const writer = new SampleWriter(accountId("old"))
    const { accountId: old } = writer.account
    const journal = Effect.map(Layer.build(Layer.fresh(PgJournal.layer)), (services) =>
      Journal.pipe(Effect.provideContext(services))
    )
    const before = yield* yield* journal
    yield* before.append(writer.next([deposited("USDT", "1000000"), ...boughtInTwo(1)]))
    yield* sql`drop table account_heads`
    yield* sql`alter table order_events drop column hash, drop column version`
    yield* migration
    const upgraded = yield* yield* journal
    assert.deepStrictEqual(yield* upgraded.head(old), Option.some({ seq: 5, hash: undefined, chainedFrom: 6 }))
    assert.deepInclude((yield* verify(upgraded, old)).good, { seq: 5, unchained: 5 })
    yield* upgraded.append(writer.next(boughtInTwo(2)))
    const { fault, good } = yield* verify(upgraded, old)
    assert.isUndefined(fault)
    assert.deepInclude(good, { seq: 9, unchained: 5 })
    // They cannot be taken for the end of the old ones either.
    yield* sql`update order_events set hash = null where account_id = ${old} and seq = 6`
    assert.strictEqual((yield* verify(upgraded, old)).fault?.seq, 6)
  }).pipe(Effect.provide(layerPglite), Effect.scoped)
)

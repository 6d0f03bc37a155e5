// The paper exchange's own books, read from the database of a desk that is not running, and held against what the desk said.
import { assert } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import * as VenueEngine from "../../src/adapters/paper/VenueEngine.ts"
import * as Database from "../../src/adapters/postgres/Database.ts"
import * as PgPaperJournal from "../../src/adapters/postgres/PgPaperJournal.ts"
import type { OrderView } from "../../src/contract/Views.ts"
import { PaperJournal } from "../../src/ports/PaperJournal.ts"
import * as Settings from "./Settings.ts"

export interface Ledger {
  /** How often each client order id was taken. */
  readonly orders: ReadonlyArray<{ readonly client_order_id: string; readonly times: bigint }>
  /** Hashes of the state: as it was loaded, and as it comes of the commands from the first one on. */
  readonly loaded: string
  readonly replayed: string
}

export const read = (dataDir: string): Promise<Ledger> =>
  Effect.runPromise(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const journal = yield* PaperJournal
      const orders = yield* sql<Ledger["orders"][number]>`
        select client_order_id, count(*) as times from paper_orders group by client_order_id`
      const { entries, snapshot } = yield* journal.load
      const fromTheStart = yield* journal.entries(1, Number.MAX_SAFE_INTEGER)
      const hashOf = (...given: Parameters<typeof VenueEngine.replay>) =>
        VenueEngine.replay(...given).engine.stateHash()
      return {
        orders,
        loaded: hashOf(Option.getOrUndefined(snapshot), entries),
        replayed: hashOf(undefined, fromTheStart)
      }
    }).pipe(
      Effect.provide(
        PgPaperJournal.layer.pipe(
          Layer.provideMerge(Database.layer),
          Layer.provide(Settings.layer({ DATA_DIR: dataDir }))
        )
      )
    )
  )

/** Nothing reached the exchange twice, and each order reached it as the desk says. */
export const agrees = (ledger: Ledger, orders: ReadonlyArray<OrderView>): void => {
  assert.strictEqual(ledger.replayed, ledger.loaded, "the exchange's journal does not lead to its state")
  assert.isTrue(
    ledger.orders.every(({ times }) => Number(times) === 1),
    "an order reached the exchange twice"
  )
  const reached = new Set(ledger.orders.map(({ client_order_id }) => client_order_id))
  for (const order of orders) {
    const wasThere = !["DENIED", "REJECTED"].includes(order.status)
    assert.strictEqual(reached.has(order.clientOrderId), wasThere, `${order.orderId} ${order.status}`)
  }
}

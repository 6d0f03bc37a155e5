import { assert, describe, it } from "@effect/vitest"
import { Deferred, Schema } from "effect"
import { columns, encodeCommand, rowsOf, type Table } from "../../../src/adapters/postgres/JournalRows.ts"
import { gather, type Item } from "../../../src/adapters/postgres/JournalBatch.ts"
import { Command } from "../../../src/domain/Command.ts"
import { Event } from "../../../src/domain/Event.ts"
import { canonicalJson } from "../../../src/domain/CanonicalJson.ts"
import { ListId } from "../../../src/domain/Ids.ts"
import type { ListLink } from "../../../src/domain/ListLink.ts"
import { encodeEvent } from "../../../src/domain/StoredEvent.ts"
import type { Append } from "../../../src/ports/Journal.ts"
import {
  accepted,
  accountId,
  boughtInTwo,
  canceled,
  deposited,
  filled,
  limitBuy,
  placeOrder,
  receiptOf,
  SampleWriter,
  submitted
} from "../../kit/Samples.ts"

const written = (appends: ReadonlyArray<Append>) => {
  const items = appends.map((append): Item => ({ _tag: "Append", append, reply: Deferred.makeUnsafe() }))
  return rowsOf(
    gather(items).batch,
    () => true,
    () => undefined
  )
}

const orRefused = (encode: () => unknown): unknown => {
  try {
    return encode()
  } catch {
    return "refused"
  }
}

const link: ListLink = { listId: ListId.make("one"), kind: "OCO", role: "above" }

const LEAST: { readonly [T in Table]?: number } = {
  orders: columns.orders.indexOf("list jsonb"),
  changes: columns.changes.indexOf("list jsonb")
}

/** A row by the names of its columns. */
const named = (table: Table, row: ReadonlyArray<unknown> = []) =>
  Object.fromEntries(columns[table].map((column, index) => [column.split(" ")[0], row[index]]))

describe("the rows of a commit", () => {
  it.prop(
    "hold events and commands as their schemas write them, and refuse what those refuse",
    [Event, Command],
    ([event, command]) => {
      const [encodesEvent, encodesCommand] = [Schema.encodeSync(Event), Schema.encodeSync(Command)]
      assert.deepStrictEqual(
        orRefused(() => encodeEvent(event)),
        orRefused(() => encodesEvent(event))
      )
      assert.strictEqual(
        orRefused(() => JSON.stringify(encodeEvent(event))),
        orRefused(() => canonicalJson(encodesEvent(event)))
      )
      assert.deepStrictEqual(
        orRefused(() => encodeCommand(command)),
        orRefused(() => encodesCommand(command))
      )
    }
  )

  it("have a value for every column", () => {
    const writer = new SampleWriter(accountId("ann"))
    const [first, ...later] = boughtInTwo(1)
    const command = placeOrder(accountId("ann"), 1)
    const steps = [
      writer.next([deposited("USDT", "100000"), first!], { receipts: [receiptOf(command, 2)] }),
      writer.next(later),
      writer.next([submitted(2), { ...submitted(3), list: link }])
    ]
    const rows = written(steps)
    for (const table of Object.keys(columns) as ReadonlyArray<Table>) {
      for (const row of rows[table]) {
        const values = typeof row === "string" ? (JSON.parse(row) as ReadonlyArray<unknown>) : row
        // Only what few orders have is left out at the end.
        const [most, least] = [columns[table].length, LEAST[table] ?? columns[table].length]
        assert.isTrue(values.length <= most && values.length >= least, table)
      }
    }
    assert.deepInclude(named("orders", rows.orders[0]), {
      status: "FILLED",
      is_open: false,
      executed_quantity: "0.5",
      exchange_order_id: "1001"
    })
    assert.deepInclude(named("orders", rows.orders[2]), { list: link, triggered_at: undefined })
    assert.deepInclude(named("fills", rows.fills[1]), { trade_id: "1-b", price: "59999.99", quantity: "0.3", seq: 5 })
    assert.deepInclude(named("balances", rows.balances[0]), { asset: "USDT", seq: 7 })
  })

  it("repeat of an order that is known only what has changed", () => {
    const writer = new SampleWriter(accountId("ann"))
    written([writer.next([deposited("USDT", "100000"), submitted(1, limitBuy("0.5")), accepted(1)])])
    const rows = written([writer.next([filled(1, "a", "0.2"), canceled(1)])])
    assert.deepStrictEqual(rows.orders, [])
    assert.strictEqual(rows.changes.length, 1)
    assert.deepInclude(named("changes", rows.changes[0]), { status: "CANCELED", executed_quantity: "0.2" })
  })
})

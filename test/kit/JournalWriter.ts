// A process that writes to the journal until it is killed: `tsx JournalWriter.ts <data dir> <account prefix>`. It prints a line for
// each thing the journal has acknowledged, and nothing else.
import { Effect, Layer } from "effect"
import { writeSync } from "node:fs"
import * as Database from "../../src/adapters/postgres/Database.ts"
import * as PgJournal from "../../src/adapters/postgres/PgJournal.ts"
import { Config, parse } from "../../src/Config.ts"
import { Journal } from "../../src/ports/Journal.ts"
import { accountId, boughtInTwo, deposited, placeOrder, receiptOf, SampleWriter } from "./Samples.ts"

const [dataDir = "", prefix = ""] = process.argv.slice(2)

/** Past every buffer of the process: what is printed was acknowledged, and what was acknowledged is printed at once. */
const print = (line: string) => Effect.sync(() => writeSync(1, `${line}\n`))

const trade = (account: number) =>
  Effect.gen(function* () {
    const journal = yield* Journal
    const writer = new SampleWriter(accountId(`${prefix}-${account}`))
    const { accountId: id } = writer.account
    yield* journal.append(writer.next([deposited("USDT", "1000000000")]))
    for (let number = 1; ; number++) {
      const command = placeOrder(id, number)
      yield* journal.submit(command)
      yield* print(`command ${id} ${command.commandId}`)
      const step = writer.next(boughtInTwo(number), { receipts: [receiptOf(command, writer.account.seq)] })
      yield* journal.append(step)
      yield* print(`events ${id} ${writer.account.seq}`)
    }
  })

const store = PgJournal.layer.pipe(
  Layer.provide(Database.layer),
  Layer.provide(Layer.effect(Config, parse({ DATA_DIR: dataDir })))
)

await Effect.runPromise(
  Effect.forEach([1, 2, 3, 4, 5, 6, 7, 8], trade, { concurrency: "unbounded", discard: true }).pipe(
    Effect.provide(store)
  )
)

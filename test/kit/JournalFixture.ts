// Prints a journal as it is stored, and the account that it makes: `npx tsx test/kit/JournalFixture.ts > test/fixtures/journal-v4.json`.
// Once a version: what was printed then stands for the journals that are out there, and is never made again.
import { Effect, Option } from "effect"
import { VERSION } from "../../src/domain/StoredEvent.ts"
import { Journal } from "../../src/ports/Journal.ts"
import { layerMemory } from "../../src/ports/MemoryJournal.ts"
import { history } from "./History.ts"
import { accountId, SampleWriter, shown } from "./Samples.ts"

const fixture = Effect.gen(function* () {
  const journal = yield* Journal
  const writer = new SampleWriter(accountId("kept"))
  yield* Effect.forEach(history(writer, 4, 120), journal.append, { discard: true })
  const { accountId: id } = writer.account
  const events = yield* journal.links(id, 0, 1_000)
  const head = Option.getOrThrow(yield* journal.head(id))
  return { version: VERSION, accountId: id, head, events, account: shown(writer.account) }
})

process.stdout.write(`${JSON.stringify(await Effect.runPromise(Effect.provide(fixture, layerMemory)))}\n`)

import { it, layer } from "@effect/vitest"
import * as MemoryPaperJournal from "../../src/ports/MemoryPaperJournal.ts"
import { paperJournalSuite, takeOver } from "../suites/paperJournal.ts"

layer(MemoryPaperJournal.layerMemory)("PaperJournal in memory", paperJournalSuite)

it.effect("a paper exchange whose journal a later life has taken over writes nothing any more", () => {
  const store = new MemoryPaperJournal.Store()
  return takeOver(MemoryPaperJournal.life(store), MemoryPaperJournal.life(store))
})

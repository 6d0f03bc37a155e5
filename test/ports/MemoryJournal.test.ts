import { layer } from "@effect/vitest"
import { layerMemory } from "../../src/ports/MemoryJournal.ts"
import { blotterSuite } from "../suites/blotter.ts"
import { journalSuite } from "../suites/journal.ts"

layer(layerMemory)("the journal in memory", journalSuite)
layer(layerMemory)("the blotter in memory", blotterSuite)

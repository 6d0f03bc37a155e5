import { layer } from "@effect/vitest"
import { Layer } from "effect"
import type { AccountId } from "../../src/domain/Ids.ts"
import { layerMemory, layerOn, type StoredAccount } from "../../src/ports/MemoryJournal.ts"
import { Tamper } from "../kit/Tamper.ts"
import { auditSuite } from "../suites/audit.ts"
import { blotterSuite } from "../suites/blotter.ts"
import { journalSuite } from "../suites/journal.ts"

layer(layerMemory)("the journal in memory", journalSuite)
layer(layerMemory)("the blotter in memory", blotterSuite)

const accounts = new Map<AccountId, StoredAccount>()
layer(Layer.merge(layerOn(accounts), Tamper.layerMemory(accounts)))("an audit of the journal in memory", auditSuite)

import { layer } from "@effect/vitest"
import { PaperLedger } from "../../src/ports/PaperLedger.ts"
import { ledgerSuite } from "../suites/ledger.ts"

layer(PaperLedger.layerMemory)("PaperLedger in memory", ledgerSuite)

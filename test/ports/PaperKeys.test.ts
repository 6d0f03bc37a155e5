import { layer } from "@effect/vitest"
import { PaperKeys } from "../../src/ports/PaperKeys.ts"
import { paperKeysSuite } from "../suites/paperKeys.ts"

layer(PaperKeys.layerMemory)("PaperKeys in memory", paperKeysSuite)

import { layer } from "@effect/vitest"
import { ExchangeAccounts } from "../../src/ports/ExchangeAccounts.ts"
import { exchangeAccountsSuite } from "../suites/exchangeAccounts.ts"

layer(ExchangeAccounts.layerMemory)("ExchangeAccounts in memory", exchangeAccountsSuite)

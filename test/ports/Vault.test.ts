import { layer } from "@effect/vitest"
import { Vault } from "../../src/ports/Vault.ts"
import { vaultSuite } from "../suites/vault.ts"

layer(Vault.layerMemory)("Vault in memory", vaultSuite)

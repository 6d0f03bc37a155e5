// The desk's settings as a test wants them: defaults, a named market, and nothing read from the environment.
import { Effect, Layer } from "effect"
import { Config, parse, type Setting } from "../../src/Config.ts"

export const layer = (given: Partial<Record<Setting, string>> = {}) =>
  Layer.effect(Config, Effect.orDie(parse({ MARKET: "sim:1", LOG_LEVEL: "none", ...given })))

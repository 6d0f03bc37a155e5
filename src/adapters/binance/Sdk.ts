// Binance's SDK, loaded when first needed: it is large.
import { Effect } from "effect"

type Sdk = typeof import("binance")

/** In a bundle, a CommonJS module has its names under `default` only. */
export const load: Effect.Effect<Sdk> = Effect.promise(async () => {
  const loaded: Sdk & { readonly default?: Sdk } = await import("binance")
  return loaded.default ?? loaded
})

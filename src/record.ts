// outcry record SYMBOL…: live streams into files that MARKET=replay:… plays again.
import { Console, Effect } from "effect"
import * as Recorder from "./adapters/binance/Recorder.ts"
import { Config, type ConfigInvalid, type Setting } from "./Config.ts"
import { logging } from "./main.ts"
import type { MarketSourceError } from "./ports/MarketSource.ts"

export interface RecordFlags {
  readonly symbols: ReadonlyArray<string>
  readonly folder: string
  readonly rotateBytes: number
  readonly rotateMillis: number
  readonly maxBytes: number | undefined
  readonly maxMillis: number | undefined
}

export const record = (
  { folder, maxBytes, maxMillis, rotateBytes, rotateMillis, symbols }: RecordFlags,
  flags: Partial<Record<Setting, string>>
): Effect.Effect<void, ConfigInvalid | MarketSourceError | Recorder.RecordError> =>
  Effect.gen(function* () {
    const config = yield* Config
    const { proxy, restUrl, streamUrl } = config.binance
    yield* Console.log(`Recording ${symbols.join(", ")} from ${streamUrl} into ${folder}. Ctrl-C ends it.`)
    yield* Recorder.record({
      symbols,
      folder,
      restUrl,
      streamUrl,
      proxy,
      rotation: { bytes: rotateBytes, millis: rotateMillis },
      ...(maxBytes === undefined ? {} : { maxBytes }),
      ...(maxMillis === undefined ? {} : { maxMillis })
    }).pipe(Effect.scoped, Effect.provide(logging(config)))
  }).pipe(Effect.provide(Config.layer(flags)))

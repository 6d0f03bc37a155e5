// The paper exchange as tests put it together: the venue and the desk's door to it, on a journal and a market of the test's own.
import { Effect, Layer } from "effect"
import * as PaperExchange from "../../src/adapters/paper/PaperExchange.ts"
import * as VenueEngine from "../../src/adapters/paper/VenueEngine.ts"
import * as MemoryPaperJournal from "../../src/ports/MemoryPaperJournal.ts"
import { PaperJournal } from "../../src/ports/PaperJournal.ts"
import * as Settings from "./Settings.ts"
import * as StillMarket from "./StillMarket.ts"

/** One life of an exchange over a store that outlives it, in a market that stands still. `change` comes between it and its journal. */
export const life = (
  store: MemoryPaperJournal.Store,
  options: Partial<VenueEngine.VenueOptions> = {},
  change: (journal: PaperJournal["Service"]) => PaperJournal["Service"] = (journal) => journal
) =>
  PaperExchange.layer.pipe(
    Layer.provideMerge(VenueEngine.layer(options)),
    Layer.provideMerge(
      Layer.effect(
        PaperJournal,
        Effect.sync(() => change(MemoryPaperJournal.life(store)))
      )
    ),
    Layer.provideMerge(Layer.fresh(StillMarket.layer)),
    Layer.provide(Settings.layer())
  )

/** The services of a life that ends with the test's scope. */
export const begin = (...given: Parameters<typeof life>) => Layer.build(Layer.fresh(life(...given)))

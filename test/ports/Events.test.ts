import { layer } from "@effect/vitest"
import { Effect } from "effect"
import { Events } from "../../src/ports/Events.ts"
import { eventsSuite } from "../suites/events.ts"

layer(Events.layerMemory)("Events in memory", (it) => eventsSuite(it, Effect.service(Events)))

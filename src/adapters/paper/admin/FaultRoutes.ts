// Faults on a switch, from outside of the process.
import { Effect, Schema } from "effect"
import { isVerb, MAX_FAULT_MILLIS, verbNames, wantedFaults } from "../faults/Fault.ts"
import type { FaultView } from "../faults/FaultRegistry.ts"
import { Faults } from "../faults/Faults.ts"
import { decode, jsonBody, Refusal, refuse } from "./Refusal.ts"
import type { Route } from "./Route.ts"

const Waiting = Schema.Struct({
  wait: Schema.FiniteFromString.check(Schema.isInt(), Schema.isBetween({ minimum: 0, maximum: MAX_FAULT_MILLIS })).pipe(
    Schema.withDecodingDefault(Effect.succeed("0"))
  ),
  times: Schema.FiniteFromString.check(Schema.isInt(), Schema.isBetween({ minimum: 1, maximum: 1_000_000_000 })).pipe(
    Schema.withDecodingDefault(Effect.succeed("1"))
  )
})

export const faultRoutes = Effect.gen(function* () {
  const faults = yield* Faults

  const set = Effect.gen(function* () {
    const body = yield* jsonBody
    const verb = (body as { readonly verb?: unknown } | null)?.verb
    if (!isVerb(verb)) return yield* refuse(400, "NO_SUCH_VERB", `verb must be one of ${verbNames.join(", ")}.`)
    const wanted = yield* decode(wantedFaults[verb])(body)
    const { id } = yield* Effect.mapError(
      faults.set(wanted),
      ({ message }) => new Refusal(409, "TOO_MANY_FAULTS", message)
    )
    return yield* found(id)
  })
  const found = (id: string): Effect.Effect<FaultView, Refusal> =>
    Effect.flatMap(faults.find(id), (view) =>
      view === undefined
        ? refuse(404, "NO_SUCH_FAULT", "There is no such fault, or it was long ago.")
        : Effect.succeed(view)
    )

  const routes: ReadonlyArray<Route> = [
    {
      method: "POST",
      path: "/faults",
      sentence: "Sets a fault: {verb, scope?, params?, times?, share?, seed?}.",
      run: () => set
    },
    {
      method: "GET",
      path: "/faults",
      sentence: "The faults that stand, and those of late.",
      run: () => Effect.map(faults.list, (list) => ({ faults: list }))
    },
    {
      method: "GET",
      path: "/faults/:id",
      sentence:
        "One fault; with ?wait= milliseconds, once it has happened (?times= so often), or is over, or they have passed.",
      run: ({ params, query }) =>
        Effect.gen(function* () {
          const { times, wait } = yield* decode(Waiting)(Object.fromEntries(query))
          const { id } = yield* found(params["id"] ?? "")
          yield* Effect.ignore(faults.happened(id, times)).pipe(Effect.timeoutOption(wait))
          return yield* found(id)
        })
    },
    {
      method: "DELETE",
      path: "/faults/:id",
      sentence: "Clears a fault. What it holds up goes on.",
      run: ({ params }) =>
        Effect.gen(function* () {
          const { id } = yield* found(params["id"] ?? "")
          yield* faults.clear(id)
          return yield* found(id)
        })
    },
    {
      method: "DELETE",
      path: "/faults",
      sentence: "Clears every fault.",
      run: () => Effect.as(faults.clearAll, {})
    }
  ]
  return routes
})

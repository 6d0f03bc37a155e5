// A fault that was set: to wait for, and to take back.
import type { Effect } from "effect"
import type { FaultOver, Occurrence } from "./FaultRegistry.ts"

export interface FaultHandle {
  readonly id: string
  /** The first time it happens. */
  readonly happened: Effect.Effect<Occurrence, FaultOver>
  /** The n-th time, from 1. */
  readonly happenedTimes: (n: number) => Effect.Effect<Occurrence, FaultOver>
  readonly clear: Effect.Effect<void>
}

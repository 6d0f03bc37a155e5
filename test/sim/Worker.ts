// Runs the histories that its parent asks for, one at a time, as a worker thread.
import { parentPort } from "node:worker_threads"
import type { FaultPlan } from "./Faults.ts"
import { type Ended, run } from "./History.ts"

export interface Asked {
  readonly seed: number
  readonly orders: number
  readonly without?: ReadonlyArray<keyof FaultPlan>
  readonly verbose?: boolean
}

export type Answer = Ended

parentPort?.on("message", ({ seed, ...options }: Asked) => {
  void run(seed, options).then((ended) => parentPort?.postMessage(ended satisfies Answer))
})

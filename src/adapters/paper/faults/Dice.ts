// Chance that falls the same way in every run: a function of a seed, of which rule asks, and of how often it asked.
import { createHash } from "node:crypto"
import type { Timing } from "./Fault.ts"

/** In [0, 1), and the same for the same three. Rules do not disturb one another's luck. */
export const chance = (seed: number, rule: number, ask: number): number =>
  createHash("sha256").update(`${seed}/${rule}/${ask}`).digest().readUIntBE(0, 6) / 2 ** 48

/** Whole milliseconds of a delay, from a number in [0, 1). */
export const millisOf = (timing: Timing, uniform: number): number => {
  if ("millis" in timing) return timing.millis
  if ("minMillis" in timing) {
    return timing.minMillis + Math.floor(uniform * (timing.maxMillis - timing.minMillis + 1))
  }
  return Math.min(timing.maxMillis, Math.round(-Math.log(1 - uniform) * timing.meanMillis))
}

// The shortest history that still shows what a seed found: fewer orders, and only the faults that it takes.
import { type FaultPlan, faultNames } from "./Faults.ts"
import { runOne } from "./Pool.ts"
import type { Answer, Asked } from "./Worker.ts"

/** Histories that are tried at most. */
const TRIES = 60

const invariant = (violation: string): string => violation.split(" ", 1)[0] ?? ""

export const shrink = async (
  file: string,
  failed: Answer
): Promise<{ readonly asked: Asked; readonly answer: Answer }> => {
  const wanted = invariant(failed.violations[0] ?? "")
  let best: { asked: Asked; answer: Answer } = {
    asked: { seed: failed.seed, orders: failed.orders, without: [] },
    answer: failed
  }
  let tries = 0
  const attempt = async (asked: Asked): Promise<boolean> => {
    if (tries++ >= TRIES) return false
    const answer = await runOne(file, asked)
    if (!answer.violations.some((violation) => invariant(violation) === wanted)) return false
    best = { asked, answer }
    return true
  }
  for (let step = Math.floor(failed.orders / 2); step >= 1; step = Math.floor(step / 2)) {
    while (best.asked.orders - step >= 1 && (await attempt({ ...best.asked, orders: best.asked.orders - step })));
  }
  for (const name of faultNames) {
    const without: ReadonlyArray<keyof FaultPlan> = [...(best.asked.without ?? []), name]
    await attempt({ ...best.asked, without })
  }
  return best
}

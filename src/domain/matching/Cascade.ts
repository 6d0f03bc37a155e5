// What a step's trades set off, in the order they set it off.
import { activate } from "./Lists.ts"
import { OpenList } from "./OpenList.ts"
import { trigger } from "./Placing.ts"
import type { Step } from "./Step.ts"

/** Every order fires at most once and every list is activated at most once, so it ends. */
export const cascade = (step: Step): void => {
  const { due } = step
  for (let next = 0; next < due.length; next++) {
    const one = due[next]!
    if (one instanceof OpenList) activate(step, one)
    else if (one.status === "NEW") trigger(step, one)
  }
  due.length = 0
}

// What goes wrong in a round besides lost answers: two things that the dice pick, cleared when the round is over.
import type { Paper } from "../kit/PaperProcess.ts"
import type { Dice } from "../sim/Dice.ts"

interface Fault {
  readonly verb: string
  readonly scope?: object
  readonly params?: object
  readonly share?: number
  readonly times?: number
  readonly seed?: number
}

const user = { stream: "user" }
const place = { route: "POST /api/v3/order" }

const kinds: ReadonlyArray<(dice: Dice) => Fault> = [
  () => ({ verb: "duplicateEvents", scope: user, share: 0.2 }),
  () => ({ verb: "reorderEvents", scope: user, share: 0.2, params: { lateMillis: 400 } }),
  () => ({ verb: "delayEvents", scope: user, share: 0.2, params: { timing: { minMillis: 0, maxMillis: 1_500 } } }),
  () => ({ verb: "cutStream", scope: user }),
  () => ({ verb: "shutdown", scope: user, params: { graceMillis: 100 } }),
  (dice) => ({ verb: "skewClock", params: { millis: dice.between(-8_000, 8_000) } }),
  () => ({ verb: "rateLimit", scope: place, times: 2, params: { retryAfterSeconds: 1 } }),
  () => ({ verb: "tooManyOrders", scope: place, times: 5, params: { retryAfterSeconds: 1 } }),
  () => ({ verb: "html", scope: place, times: 5, params: { status: 503 } }),
  () => ({ verb: "html", scope: place, times: 5, params: { status: 403 } }),
  () => ({ verb: "loseRequest", scope: place, times: 5, params: { how: "502" } }),
  () => ({ verb: "hideOrders", params: { millis: 3_000 } }),
  () => ({ verb: "delay", scope: place, share: 0.2, params: { timing: { minMillis: 0, maxMillis: 2_500 } } })
]

export interface Weather {
  readonly names: ReadonlyArray<string>
  readonly clear: () => Promise<void>
}

/** Of these verbs only, where any are named. */
export const brew = async (paper: Paper, dice: Dice, only: ReadonlyArray<string>): Promise<Weather> => {
  const named = kinds.filter((kind) => only.length === 0 || only.includes(kind(dice).verb))
  const picked = [dice.below(named.length), dice.below(named.length)]
  const ids: Array<string> = []
  const names: Array<string> = []
  for (const index of new Set(picked)) {
    const fault: Partial<Fault> = { ...named[index]?.(dice), seed: dice.below(1_000_000) }
    const { id } = (await paper.admin("POST", "/faults", fault)) as { readonly id: string }
    ids.push(id)
    names.push(fault.verb ?? "")
  }
  const clear = async () => {
    for (const id of ids) await paper.admin("DELETE", `/faults/${id}`)
  }
  return { names, clear }
}

// What faults make of one call: before it is executed, and of its answer.
import { millisOf } from "./Dice.ts"
import type { Loss, Params, Target } from "./Fault.ts"
import * as Answers from "./FaultAnswer.ts"
import type { FaultAnswer } from "./FaultAnswer.ts"
import type { FaultRegistry, Hit } from "./FaultRegistry.ts"

/** A call of REST or of the WebSocket API. `at` is epoch milliseconds. */
export interface Call extends Target {
  readonly route: string
  readonly at: number
}

/** What becomes of a call, or of its answer, after `delayMillis`. */
export interface Verdict {
  readonly delayMillis: number
  /** `hang`: say nothing for `hangMillis`, then cut. `frozen`: wait until it is thawed, then ask again. */
  readonly fate: "proceed" | "cut" | "hang" | "frozen" | FaultAnswer
  readonly hangMillis: number
}

export const PROCEED: Verdict = { delayMillis: 0, fate: "proceed", hangMillis: 0 }

const FROZEN: Verdict = { ...PROCEED, fate: "frozen" }

const lost: Record<Loss, { readonly fate: Verdict["fate"]; readonly what: string }> = {
  cut: { fate: "cut", what: "the connection was cut" },
  "502": { fate: Answers.badGateway, what: "502 instead" },
  "504": { fate: Answers.gatewayTimeout, what: "504 instead" },
  "-1007": { fate: Answers.executionUnknown, what: "-1007 instead" },
  hang: { fate: "hang", what: "no answer" }
}

const lose = (hit: Hit<"loseAck" | "loseRequest">, when: string, delayMillis: number): Verdict => {
  const { fate, what } = lost[hit.params.how]
  hit.record(`${when}: ${what}`)
  return { delayMillis, fate, hangMillis: hit.params.hangMillis }
}

type Refusing = "html" | "geoBlock" | "ban" | "rateLimit" | "tooManyOrders" | "refuseBalance"

const refusals: { readonly [V in Refusing]: (params: Params<V>, at: number) => FaultAnswer } = {
  html: ({ status }) => (status === 403 ? Answers.forbiddenPage : Answers.unavailablePage),
  geoBlock: () => Answers.restrictedLocation,
  ban: ({ retryAfterSeconds }, at) => Answers.banned(at, retryAfterSeconds),
  rateLimit: ({ retryAfterSeconds }, at) => Answers.overWeight(at, retryAfterSeconds),
  tooManyOrders: ({ interval, limit, retryAfterSeconds }, at) =>
    Answers.overOrders(at, retryAfterSeconds, limit, interval),
  refuseBalance: () => Answers.noBalance
}

const refusalOf = <V extends Refusing>(registry: FaultRegistry, verb: V, call: Call): FaultAnswer | undefined => {
  const hit = registry.hit(verb, call, call.at)
  if (hit === undefined) return undefined
  const answer = refusals[verb](hit.params, call.at)
  hit.record(`not executed: answered ${answer.status}${answer.code === 0 ? "" : ` with ${answer.code}`}`)
  return answer
}

/** From the outermost part of an exchange inwards: what stands in front refuses first, and the engine last. */
const INWARDS: ReadonlyArray<Refusing> = ["geoBlock", "html", "ban", "rateLimit", "tooManyOrders", "refuseBalance"]

const delayOf = (registry: FaultRegistry, call: Call, before: Params<"delay">["before"]): number => {
  let total = 0
  for (const hit of registry.hits("delay", call, call.at, (params) => params.before === before)) {
    const millis = millisOf(hit.params.timing, hit.uniform)
    hit.record(`${millis} ms before its ${before}`)
    total += millis
  }
  return total
}

/** A frozen exchange first, then delays, which add up, then the first refusal from the outside in, then a loss. */
export const beforeCall = (registry: FaultRegistry, call: Call): Verdict => {
  if (registry.quiet) return PROCEED
  const freeze = registry.hit("freeze", call, call.at)
  if (freeze !== undefined) {
    freeze.record("the call waits")
    return FROZEN
  }
  const delayMillis = delayOf(registry, call, "execution")
  for (const verb of INWARDS) {
    const fate = refusalOf(registry, verb, call)
    if (fate !== undefined) return { delayMillis, fate, hangMillis: 0 }
  }
  const request = registry.hit("loseRequest", call, call.at)
  return request === undefined
    ? { delayMillis, fate: "proceed", hangMillis: 0 }
    : lose(request, "not executed", delayMillis)
}

/** Only the answer of a call that was executed can be lost; every answer can be late. */
export const afterCall = (registry: FaultRegistry, call: Call, executed: boolean): Verdict => {
  if (registry.quiet) return PROCEED
  const delayMillis = delayOf(registry, call, "answer")
  const ack = executed ? registry.hit("loseAck", call, call.at) : undefined
  return ack === undefined ? { delayMillis, fate: "proceed", hangMillis: 0 } : lose(ack, "executed", delayMillis)
}

// The rules that stand, who they match, and what has happened by them. Synchronous: a transport asks in the middle of a call.
import { Deferred, Effect, Exit, Schema } from "effect"
import { chance } from "./Dice.ts"
import { type Params, type Scope, type Target, USER_STREAM, type VerbName, verbs, type Wanted } from "./Fault.ts"
import { concerns } from "./Routes.ts"

/** Rules that may stand at once; one more is refused. */
export const MAX_RULES = 256
/** Rules that are spent or cleared and can still be looked up; the oldest are forgotten. */
export const KEPT_RULES = 256
/** Of a rule's occurrences the first ones are kept; the newest always is. */
export const KEPT_OCCURRENCES = 100

/** Too many rules stand at once. */
export class TooManyFaults extends Schema.TaggedError<TooManyFaults>()("TooManyFaults", { message: Schema.String }) {}
/** The fault was cleared, or is spent, before it happened as often as was waited for. */
export class FaultOver extends Schema.TaggedError<FaultOver>()("FaultOver", { message: Schema.String }) {}

/** One time that a fault happened. */
export interface Occurrence {
  /** Counts from 1 in each rule. */
  readonly n: number
  /** Epoch milliseconds. */
  readonly at: number
  readonly target: Target
  /** In words: "the answer was cut off". */
  readonly what: string
}

export interface FaultView extends Wanted {
  readonly id: string
  readonly state: "standing" | "spent" | "cleared"
  readonly happened: number
  readonly occurrences: ReadonlyArray<Occurrence>
}

interface Rule {
  readonly id: string
  readonly ordinal: number
  readonly wanted: Wanted
  readonly times: number
  state: FaultView["state"]
  asked: number
  happened: number
  readonly occurrences: Array<Occurrence>
  newest: Occurrence | undefined
  /** Completed at the next change, when somebody waits for one. */
  changed: Deferred.Deferred<void> | undefined
}

/** A rule that hit, and a number in [0, 1) for whatever else it leaves to chance. */
export interface Hit<V extends VerbName> {
  readonly id: string
  readonly params: Params<V>
  readonly uniform: number
  readonly record: (what: string) => void
}

export class FaultRegistry {
  readonly #seed: number
  readonly #rules = new Map<string, Rule>()
  readonly #standing = new Map<VerbName, ReadonlyArray<Rule>>()
  #ordinal = 0

  constructor(seed: number) {
    this.#seed = seed
  }

  /** Nothing stands: no hook has anything to say. */
  get quiet(): boolean {
    return this.#standing.size === 0
  }

  stands(verb: VerbName): boolean {
    return this.#standing.has(verb)
  }

  set(wanted: Wanted): string | TooManyFaults {
    let standing = 0
    for (const rules of this.#standing.values()) standing += rules.length
    if (standing >= MAX_RULES) {
      return new TooManyFaults({ message: `${MAX_RULES} faults stand already. Clear some first.` })
    }
    const ordinal = ++this.#ordinal
    const rule: Rule = {
      id: `f${ordinal}`,
      ordinal,
      wanted,
      times: wanted.times ?? (verbs[wanted.verb].lasting || wanted.share !== undefined ? Infinity : 1),
      state: "standing",
      asked: 0,
      happened: 0,
      occurrences: [],
      newest: undefined,
      changed: undefined
    }
    this.#rules.set(rule.id, rule)
    this.#standing.set(wanted.verb, [...(this.#standing.get(wanted.verb) ?? []), rule])
    this.#forgetOldest()
    return rule.id
  }

  /** Whether there was such a fault. */
  clear(id: string): boolean {
    const rule = this.#rules.get(id)
    if (rule === undefined) return false
    if (rule.state === "standing") this.#end(rule, "cleared")
    return true
  }

  clearAll(): void {
    for (const rule of this.#rules.values()) if (rule.state === "standing") this.#end(rule, "cleared")
  }

  list(): ReadonlyArray<FaultView> {
    return [...this.#rules.values()].map(viewOf)
  }

  find(id: string): FaultView | undefined {
    const rule = this.#rules.get(id)
    return rule === undefined ? undefined : viewOf(rule)
  }

  /** The first rule of the verb that matches and whose dice hit. It has happened once the caller records it. */
  hit<V extends VerbName>(verb: V, target: Target, at: number): Hit<V> | undefined {
    const rules = this.#standing.get(verb)
    if (rules === undefined) return undefined
    for (const rule of rules) {
      if (!covers(rule.wanted, target)) continue
      const hit = this.#roll<V>(rule, target, at)
      if (hit !== undefined) return hit
    }
    return undefined
  }

  /** Every rule of the verb that hits, for what adds up; `only` those with such parameters. */
  hits<V extends VerbName>(
    verb: V,
    target: Target,
    at: number,
    only: (params: Params<V>) => boolean = () => true
  ): ReadonlyArray<Hit<V>> {
    return (this.#standing.get(verb) ?? []).flatMap((rule) =>
      covers(rule.wanted, target) && only(rule.wanted.params as Params<V>)
        ? (this.#roll<V>(rule, target, at) ?? [])
        : []
    )
  }

  /** Every rule that hits, each with the target that its own scope calls for; `undefined` leaves it out. */
  hitsBy<V extends VerbName>(
    verb: V,
    at: number,
    targetOf: (scope: Scope) => Target | undefined
  ): ReadonlyArray<Hit<V>> {
    return (this.#standing.get(verb) ?? []).flatMap((rule) => {
      const target = targetOf(rule.wanted.scope)
      return target !== undefined && covers(rule.wanted, target) ? (this.#roll<V>(rule, target, at) ?? []) : []
    })
  }

  /** Whether a rule of this verb could hit, without dice and without counting. */
  matches(verb: VerbName, target: Target): boolean {
    return this.standing(verb).some((rule) => rule.covers(target))
  }

  /** The rules of a verb that stand. */
  standing(verb: VerbName): ReadonlyArray<{ readonly id: string; readonly covers: (target: Target) => boolean }> {
    return (this.#standing.get(verb) ?? []).map(({ id, wanted }) => ({
      id,
      covers: (target) => covers(wanted, target)
    }))
  }

  /** The n-th occurrence, waiting for it; the newest where the n-th is not kept any more. */
  happened(id: string, n: number): Effect.Effect<Occurrence, FaultOver> {
    return Effect.suspend((): Effect.Effect<Occurrence, FaultOver> => {
      const rule = this.#rules.get(id)
      if (rule === undefined) return Effect.fail(new FaultOver({ message: `There is no fault ${id} any more.` }))
      if (rule.happened >= n && rule.newest !== undefined) {
        return Effect.succeed(rule.occurrences[n - 1] ?? rule.newest)
      }
      if (rule.state !== "standing") {
        const times = `${rule.happened} of ${n} times`
        return Effect.fail(
          new FaultOver({ message: `The fault ${id} (${rule.wanted.verb}) is ${rule.state}; it happened ${times}.` })
        )
      }
      rule.changed ??= Deferred.makeUnsafe<void>()
      return Effect.andThen(Deferred.await(rule.changed), this.happened(id, n))
    })
  }

  /** Succeeds as soon as no rule of the verb matches. */
  over(verb: VerbName, target: Target): Effect.Effect<void> {
    return Effect.suspend((): Effect.Effect<void> => {
      const rule = this.#standing.get(verb)?.find(({ wanted }) => covers(wanted, target))
      if (rule === undefined) return Effect.void
      rule.changed ??= Deferred.makeUnsafe<void>()
      return Effect.andThen(Deferred.await(rule.changed), this.over(verb, target))
    })
  }

  #roll<V extends VerbName>(rule: Rule, target: Target, at: number): Hit<V> | undefined {
    const seed = rule.wanted.seed ?? this.#seed
    const ask = rule.asked++
    if (rule.wanted.share !== undefined && chance(seed, rule.ordinal, 2 * ask) >= rule.wanted.share) return undefined
    return {
      id: rule.id,
      params: rule.wanted.params as Params<V>,
      uniform: chance(seed, rule.ordinal, 2 * ask + 1),
      record: (what) => this.#record(rule, { n: rule.happened + 1, at, target, what })
    }
  }

  #record(rule: Rule, occurrence: Occurrence): void {
    rule.happened = occurrence.n
    rule.newest = occurrence
    if (rule.occurrences.length < KEPT_OCCURRENCES) rule.occurrences.push(occurrence)
    if (rule.state === "standing" && rule.happened >= rule.times) this.#end(rule, "spent")
    else tell(rule)
  }

  #end(rule: Rule, state: "spent" | "cleared"): void {
    rule.state = state
    const left = (this.#standing.get(rule.wanted.verb) ?? []).filter((other) => other !== rule)
    if (left.length === 0) this.#standing.delete(rule.wanted.verb)
    else this.#standing.set(rule.wanted.verb, left)
    tell(rule)
  }

  #forgetOldest(): void {
    let over = [...this.#rules.values()].filter(({ state }) => state !== "standing").length - KEPT_RULES
    for (const rule of this.#rules.values()) {
      if (over <= 0) return
      if (rule.state === "standing") continue
      this.#rules.delete(rule.id)
      over--
    }
  }
}

const tell = (rule: Rule): void => {
  const { changed } = rule
  rule.changed = undefined
  if (changed !== undefined) Deferred.doneUnsafe(changed, Exit.void)
}

const viewOf = ({ happened, id, newest, occurrences, state, wanted }: Rule): FaultView => {
  const kept = newest === undefined || newest.n <= occurrences.length ? occurrences : [...occurrences, newest]
  return { ...wanted, id, state, happened, occurrences: [...kept] }
}

/** Only what the scope names has to match; what the target does not have, cannot. */
export const covers = ({ scope, verb }: Pick<Wanted, "scope" | "verb">, target: Target): boolean => {
  if (scope.apiKey !== undefined && scope.apiKey !== target.apiKey) return false
  if (scope.account !== undefined && scope.account !== target.account) return false
  if (scope.symbol !== undefined && scope.symbol !== target.symbol) return false
  const { routes, streams } = verbs[verb]
  const stream = scope.stream ?? (streams === "user" ? USER_STREAM : undefined)
  if (stream !== undefined && target.streams?.includes(stream) !== true) return false
  if (scope.route !== undefined) return scope.route === target.route
  return target.route === undefined || concerns(routes, target.route)
}

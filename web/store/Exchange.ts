// How the desk stands with the exchange: what is used of its limits, and what they hold back. Asked every few seconds while it has any.
import { computed, effect, signal } from "@preact/signals"
import type { BudgetView, ExchangeView } from "../../src/contract/ExchangeView.ts"
import * as Accounts from "./Accounts.ts"
import * as Api from "./Api.ts"
import * as Connection from "./Connection.ts"
import * as Market from "./Market.ts"

export const budget = signal<BudgetView | undefined>(undefined)

const EVERY_MILLIS = 5_000
/** What was refused is of interest for so long. */
const LATELY_MILLIS = 30_000

export type Strain =
  | { readonly kind: "banned" | "stopped" | "orders stopped"; readonly until: number }
  /** Refused by the desk lately, for want of room. */
  | { readonly kind: "shedding"; readonly what: "cancels" | "orders" | "questions" }

const LANES: Readonly<Record<string, "cancels" | "orders">> = { cancel: "cancels", exit: "orders", entry: "orders" }

/** The worst that holds now. */
export const strainOf = (budget: BudgetView): Strain | undefined => {
  const { at, bannedUntil, lanes, orders, stoppedUntil } = budget
  if (bannedUntil !== null && bannedUntil > at) return { kind: "banned", until: bannedUntil }
  if (stoppedUntil !== null && stoppedUntil > at) return { kind: "stopped", until: stoppedUntil }
  if (orders.stoppedUntil !== null && orders.stoppedUntil > at) {
    return { kind: "orders stopped", until: orders.stoppedUntil }
  }
  const shed = lanes.find(({ lastShedAt }) => lastShedAt !== null && at - lastShedAt <= LATELY_MILLIS)
  return shed === undefined ? undefined : { kind: "shedding", what: LANES[shed.lane] ?? "questions" }
}
export const strain = computed(() => (budget.value === undefined ? undefined : strainOf(budget.value)))

/** Percent of the limit that is used most. */
export const usedPercent = ({ orders, weight }: BudgetView): number =>
  Math.round(
    100 * Math.max(...[weight, orders.tenSeconds, orders.day].map(({ limit, used }) => used / Math.max(1, limit)))
  )

const ask = async (): Promise<void> => {
  const shown = await Api.get<ExchangeView>(Accounts.within("/api/exchange", Accounts.current.peek())).catch(
    () => undefined
  )
  budget.value = shown?.budget ?? undefined
}

/** Asks from now on, where there is something to ask; the result ends it. */
export const watch = (): (() => void) => {
  const isWatched = computed(
    () =>
      Market.badge.value !== undefined &&
      Market.badge.value.environment !== "paper" &&
      Connection.state.value !== "waiting"
  )
  const stop = effect(() => {
    if (!isWatched.value) {
      budget.value = undefined
      return
    }
    void ask()
    const timer = setInterval(() => void (document.hidden || ask()), EVERY_MILLIS)
    return () => clearInterval(timer)
  })
  return () => {
    stop()
    budget.value = undefined
  }
}

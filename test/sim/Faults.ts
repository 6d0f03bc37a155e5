// What can go wrong in a simulated world. Each seed switches a random part of it on; what happened is counted.
import type { Dice } from "./Dice.ts"

/** Shares of calls or events, counts over a history, or milliseconds. Zero is never. */
export interface FaultPlan {
  readonly requestLost: number
  readonly answerLost: number
  /** The connection breaks at once instead of staying silent until the deadline. */
  readonly reset: number
  readonly slowNetwork: number
  /** The exchange works on a call for up to its ten seconds. */
  readonly slowExchange: number
  readonly rateLimited: number
  /** A query does not show an order that is this young, milliseconds. */
  readonly lateVisibility: number
  /** A query shows an order's state before all of its fills. */
  readonly fillsLag: number
  readonly eventDropped: number
  readonly eventDuplicated: number
  readonly eventReordered: number
  readonly eventsLate: number
  readonly streamCuts: number
  readonly streamSilences: number
  readonly linkOutages: number
  readonly storeFails: number
  /** The store writes, and its answer is lost. */
  readonly storeAnswerLost: number
  readonly storeOutages: number
  readonly deskKills: number
  /** At a milestone of an order's life. */
  readonly deskKilledAtStep: number
  readonly bellLost: number
  readonly clientGone: number
  readonly clockOffset: number
  readonly strangers: number
  readonly deposits: number
  /** Orders that are neither plain market nor plain limit: no fault, but a world of its own. */
  readonly otherTypes: number
  /** Orders that belong together: no fault either. */
  readonly lists: number
  /** Orders that are to take another's place: no fault either. */
  readonly replaces: number
}

const swarm: { readonly [K in keyof FaultPlan]: readonly [least: number, most: number] } = {
  requestLost: [0.01, 0.1],
  answerLost: [0.02, 0.15],
  reset: [0.5, 1],
  slowNetwork: [0.01, 0.1],
  slowExchange: [0.01, 0.05],
  rateLimited: [0.01, 0.05],
  lateVisibility: [200, 600],
  fillsLag: [0.05, 0.3],
  eventDropped: [0.01, 0.05],
  eventDuplicated: [0.02, 0.2],
  eventReordered: [0.02, 0.3],
  eventsLate: [0.05, 0.3],
  streamCuts: [1, 6],
  streamSilences: [1, 3],
  linkOutages: [1, 4],
  storeFails: [0.002, 0.02],
  storeAnswerLost: [0.002, 0.02],
  storeOutages: [1, 3],
  deskKills: [1, 5],
  deskKilledAtStep: [0.0003, 0.002],
  bellLost: [0.02, 0.3],
  clientGone: [0.02, 0.2],
  clockOffset: [-250, 250],
  strangers: [5, 40],
  deposits: [1, 3],
  otherTypes: [0.1, 0.6],
  lists: [0.05, 0.4],
  replaces: [0.03, 0.25]
}

const COUNTED = new Set<keyof FaultPlan>([
  "streamCuts",
  "streamSilences",
  "linkOutages",
  "storeOutages",
  "deskKills",
  "strangers",
  "deposits"
])

/** What came later has dice of its own, so that older worlds stay as they were. */
const LATER = ["otherTypes", "lists", "replaces"] as const
export type LaterDice = { readonly [K in (typeof LATER)[number]]: Dice }

/** Each fault is off in half of the worlds. */
export const plan = (dice: Dice, later: LaterDice): FaultPlan => {
  const drawn: Partial<Record<keyof FaultPlan, number>> = {}
  for (const name of Object.keys(swarm) as ReadonlyArray<keyof FaultPlan>) {
    const [least, most] = swarm[name]
    const own = LATER.includes(name as never) ? later[name as keyof LaterDice] : dice
    const value = least + own.next() * (most - least)
    drawn[name] = own.chance(0.5) ? (COUNTED.has(name) || name === "clockOffset" ? Math.round(value) : value) : 0
  }
  return drawn as unknown as FaultPlan
}

/** The same world, in which these do not happen. */
export const spared = (given: FaultPlan, without: ReadonlyArray<keyof FaultPlan>): FaultPlan => ({
  ...given,
  ...Object.fromEntries(without.map((name) => [name, 0]))
})

export const faultNames = Object.keys(swarm) as ReadonlyArray<keyof FaultPlan>

/** Nothing goes wrong any more. */
export const calm = (given: FaultPlan): FaultPlan => ({
  ...(Object.fromEntries(Object.keys(swarm).map((name) => [name, 0])) as unknown as FaultPlan),
  clockOffset: given.clockOffset
})

export class Injected {
  readonly counts = new Map<string, number>()

  count(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
  }
}

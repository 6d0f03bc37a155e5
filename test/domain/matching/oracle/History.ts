// Commands with the market each one sees: self-contained, so any of them can be left out and the rest still runs.
import type { Command, MarketNow } from "../../../../src/domain/matching/Command.ts"
import type { Amount } from "../../../../src/domain/matching/Order.ts"
import { NaiveEngine } from "./NaiveEngine.ts"

export interface Level {
  readonly ticks: number
  readonly lots: number
}

export interface PlainMarket {
  /** Best first. */
  readonly bids: ReadonlyArray<Level>
  readonly asks: ReadonlyArray<Level>
  readonly lastTicks: number
  readonly reference: Amount
  readonly lastTradeId: number
}

export interface Entry {
  readonly command: Command
  readonly market: PlainMarket
}

export type History = ReadonlyArray<Entry>

/** Calls `used` with every level whose lots were asked for. */
export const marketOf = (market: PlainMarket, used?: (side: "bids" | "asks", level: Level) => void): MarketNow => {
  const met = (taker: "BUY" | "SELL") => (taker === "BUY" ? "asks" : "bids")
  const own = (resting: "BUY" | "SELL") => (resting === "BUY" ? "bids" : "asks")
  const touch = (side: "bids" | "asks", level: Level | undefined): number => {
    if (level !== undefined) used?.(side, level)
    return level?.lots ?? 0
  }
  return {
    outside: {
      ticksAt: (taker, index) => market[met(taker)][index]?.ticks ?? 0,
      lotsAt: (taker, index) => touch(met(taker), market[met(taker)][index]),
      lotsAtPrice: (resting, ticks) =>
        touch(
          own(resting),
          market[own(resting)].find((level) => level.ticks === ticks)
        )
    },
    lastTicks: market.lastTicks,
    reference: market.reference,
    lastTradeId: market.lastTradeId
  }
}

/** As TypeScript-like text, one entry a line. */
export const print = (history: History): string =>
  history
    .map((entry) =>
      JSON.stringify(entry, (_, value: unknown) =>
        typeof value === "bigint" ? `${value}n` : value instanceof Set ? [...value] : value
      )
    )
    .join("\n")

/** Exchange ids count what came before; entries that name their order by the client's id can lose what came before. */
const byClientIds = (history: History): History => {
  const naive = new NaiveEngine()
  return history.map((entry) => {
    const named = byClientId(naive, entry)
    naive.apply(entry.command, marketOf(entry.market))
    return named
  })
}

const byClientId = (naive: NaiveEngine, entry: Entry): Entry => {
  const { command } = entry
  const ref = command._tag === "CancelReplace" ? command.cancel : "order" in command ? command.order : {}
  const found = "orderId" in ref && naive.state.orders.find(({ orderId }) => orderId === ref.orderId)
  if (found === undefined || found === false) return entry
  const { clientOrderId } = found
  return command._tag === "CancelReplace"
    ? { ...entry, command: { ...command, cancel: { clientOrderId } } }
    : { ...entry, command: { ...command, order: { clientOrderId } } as typeof command }
}

/**
 * The shortest history found by leaving entries out, then by emptying markets, that `fails` still tells to fail. Bounded: after
 * `trials` attempts the shortest so far is returned.
 */
export const shrink = (history: History, fails: (history: History) => boolean, trials = 1_000): History => {
  let shortest = history
  const budget = { left: trials }
  const better = (candidate: History): boolean => {
    if (budget.left-- <= 0 || !fails(candidate)) return false
    shortest = candidate
    return true
  }
  better(byClientIds(history))
  for (let size = Math.ceil(history.length / 2); size > 0 && budget.left > 0;) {
    let removed = false
    for (let from = shortest.length - size; from > -size; from -= size) {
      const start = Math.max(0, from)
      removed = better([...shortest.slice(0, start), ...shortest.slice(start + size)]) || removed
    }
    if (!removed || size > 1) size = size === 1 ? 0 : Math.ceil(size / 2)
  }
  for (let index = 0; index < shortest.length; index++) {
    const entry = shortest[index]!
    const bare = { ...entry, market: { ...entry.market, bids: [], asks: [] } }
    better([...shortest.slice(0, index), bare, ...shortest.slice(index + 1)])
  }
  return shortest
}

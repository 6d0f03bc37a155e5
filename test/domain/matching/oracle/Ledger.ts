// Books every event as a client would, and compares with what the engine says: money is neither made nor lost, and the events alone
// are enough to know balances and the visible book.
import type { Command } from "../../../../src/domain/matching/Command.ts"
import type { EngineEvent } from "../../../../src/domain/matching/Event.ts"
import type { Readable } from "./Canonical.ts"
import { accounts, listings } from "./World.ts"

type Found = { readonly what: string; readonly expected: string; readonly found: string } | undefined

export class Ledger {
  private readonly engine: Readable
  /** What each account owns by deposits and trades, by "account asset". */
  private readonly owned = new Map<string, bigint>()
  /** As BalancesChanged last said. */
  private readonly told = new Map<string, { readonly free: bigint; readonly locked: bigint }>()
  /** As LevelChanged last said, by "symbol side". */
  private readonly levels = new Map<string, Map<number, number>>()

  constructor(engine: Readable) {
    this.engine = engine
  }

  book(command: Command, events: ReadonlyArray<EngineEvent>, symbols: ReadonlyArray<string>): Found {
    this.bookCommand(command)
    for (const event of events) this.bookEvent(event)
    return this.compareBalances() ?? this.compareLevels(symbols)
  }

  private credit(account: string, asset: string, amount: bigint): void {
    const key = `${account} ${asset}`
    this.owned.set(key, (this.owned.get(key) ?? 0n) + amount)
  }

  private bookCommand(command: Command): void {
    if (command._tag === "Deposit") this.credit(command.account, command.asset, command.amount)
    if (command._tag !== "OpenAccount") return
    const isNew = [...this.owned.keys()].every((key) => !key.startsWith(`${command.account} `))
    for (const { asset, amount } of command.balances) {
      if (!isNew) continue
      this.credit(command.account, asset, amount)
      this.told.set(`${command.account} ${asset}`, { free: amount, locked: 0n })
    }
  }

  private bookEvent(event: EngineEvent): void {
    switch (event._tag) {
      case "Execution": {
        const { order, trade } = event
        if (trade === undefined) return
        const { instrument } = listings.find(({ instrument }) => instrument.symbol === order.symbol)!
        const { baseAsset, quoteAsset, stepSize } = instrument
        const sign = order.side === "BUY" ? 1n : -1n
        // A lot of these symbols is a whole number of 10^-8 base units.
        const base = BigInt(trade.lots) * stepSize.value * 10n ** BigInt(8 - stepSize.scale)
        this.credit(order.account, baseAsset, sign * base)
        this.credit(order.account, quoteAsset, -sign * trade.quote)
        this.credit(order.account, trade.commissionAsset, -trade.commission)
        return
      }
      case "BalancesChanged":
        for (const { asset, free, locked } of event.balances)
          this.told.set(`${event.account} ${asset}`, { free, locked })
        return
      case "LevelChanged": {
        const key = `${event.symbol} ${event.side}`
        const levels = this.levels.get(key) ?? new Map<number, number>()
        if (event.lots === 0) levels.delete(event.ticks)
        else levels.set(event.ticks, event.lots)
        this.levels.set(key, levels)
        return
      }
      case "ListStatus":
      case "Deposited":
      case "PublicTrade":
        return
    }
  }

  private compareBalances(): Found {
    for (const account of accounts) {
      if (!this.engine.knows(account)) continue
      for (const { asset, free, locked } of this.engine.balances(account)) {
        const key = `${account} ${asset}`
        const owned = this.owned.get(key) ?? 0n
        if (free + locked !== owned || free < 0n || locked < 0n) {
          return { what: "money", expected: `${key} ${owned}`, found: `free ${free} locked ${locked}` }
        }
        const told = this.told.get(key) ?? { free: 0n, locked: 0n }
        if (told.free !== free || told.locked !== locked) {
          const expected = `${key} free ${free} locked ${locked}`
          return { what: "balances told", expected, found: `free ${told.free} locked ${told.locked}` }
        }
      }
    }
    return undefined
  }

  private compareLevels(symbols: ReadonlyArray<string>): Found {
    for (const symbol of symbols) {
      for (const side of ["BUY", "SELL"] as const) {
        const told = [...(this.levels.get(`${symbol} ${side}`) ?? [])].toSorted(([a], [b]) => a - b)
        const real = this.engine.levels(symbol, side).map(({ ticks, lots }) => [ticks, lots])
        const [expected, found] = [real.toSorted(([a], [b]) => a! - b!), told].map((levels) => JSON.stringify(levels))
        if (expected !== found) return { what: "levels told", expected: expected!, found: found! }
      }
    }
    return undefined
  }
}

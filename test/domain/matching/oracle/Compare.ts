// Runs one history through the naive engine and another, and tells the first thing in which they differ.
import { Result } from "effect"
import type { Command, MarketNow } from "../../../../src/domain/matching/Command.ts"
import type { EngineEvent, Execution, Outcome, OwnTrade } from "../../../../src/domain/matching/Event.ts"
import type { Rejection } from "../../../../src/domain/matching/Rejection.ts"
import type { Readable } from "./Canonical.ts"
import { canonical, hashOf, readNaive } from "./Canonical.ts"
import type { Entry, History } from "./History.ts"
import { marketOf } from "./History.ts"
import { Ledger } from "./Ledger.ts"
import type { Answer, Half } from "./NaiveEngine.ts"
import { NaiveEngine } from "./NaiveEngine.ts"
import type { Step } from "./Run.ts"
import { accounts } from "./World.ts"

/** The engine under test, by its public face. */
export interface Subject extends Readable {
  readonly apply: (command: Command, market: MarketNow) => Result.Result<Outcome, Rejection>
  readonly stateHash: () => string
  readonly encode: () => string
  readonly validateInternalState: () => void
}

export interface Difference {
  /** Position in the history. */
  readonly index: number
  /** What differs, in a word; the same word for the same kind of difference. */
  readonly what: string
  readonly expected: string
  readonly found: string
}

type Found = Omit<Difference, "index"> | undefined

const show = (value: unknown): string =>
  JSON.stringify(value, (key, part: unknown) =>
    key === "order" ? undefined : typeof part === "bigint" ? `${part}n` : part
  ) ?? "undefined"

const same = (what: string, expected: unknown, found: unknown): Found => {
  const [left, right] = [show(expected), show(found)]
  return left === right ? undefined : { what, expected: left, found: right }
}

const allows = (any: ReadonlyArray<Rejection>, found: Rejection): boolean =>
  any.some(({ code, message }) => code === found.code && message === found.message)

const compareHalf = (what: string, expected: Half, found: "done" | "notAttempted" | Rejection): Found =>
  typeof expected === "string" || typeof found === "string"
    ? same(what, expected, found)
    : allows(expected, found)
      ? undefined
      : { what, expected: show(expected), found: show(found) }

const compareAnswer = (expected: Answer, found: Result.Result<Outcome, Rejection>): Found => {
  if (Result.isFailure(found)) {
    if (expected.taken) return { what: "refused", expected: "taken", found: show(found.failure) }
    return allows(expected.any, found.failure)
      ? undefined
      : { what: "refusal", expected: show(expected.any), found: show(found.failure) }
  }
  if (!expected.taken)
    return {
      what: "taken",
      expected: show(expected.any),
      found: show(found.success.events.map((event) => (isExecution(event) ? stepOf(event) : event._tag)))
    }
  const [mine, theirs] = [expected.replace, found.success.replace]
  if (mine === undefined || theirs === undefined) return same("replace", mine, theirs)
  return (
    compareHalf("replace, cancel", mine.cancel, theirs.cancel) ??
    compareHalf("replace, placed", mine.placed, theirs.placed)
  )
}

const isExecution = (event: EngineEvent): event is Execution => event._tag === "Execution"

const tradesOf = (steps: ReadonlyArray<{ orderId: number; trade: OwnTrade | undefined }>) =>
  steps
    .flatMap(({ orderId, trade }) => (trade === undefined ? [] : [{ orderId, trade }]))
    .toSorted((a, b) => a.trade.tradeId - b.trade.tradeId || Number(b.trade.maker) - Number(a.trade.maker))
    .map(
      ({ orderId, trade }) =>
        `#${trade.tradeId} order ${orderId} ${trade.maker ? "made" : "took"} ${trade.lots}@${trade.ticks} ${trade.quote} ` +
        `less ${trade.commission} ${trade.commissionAsset} ${trade.cause}`
    )

/** Every order's own steps in order; how steps of several orders interleave is the engine's choice. */
const livesOf = (steps: ReadonlyArray<Step>): ReadonlyArray<string> =>
  steps
    .map((step, index) => ({ step, index }))
    .toSorted((a, b) => a.step.orderId - b.step.orderId || a.index - b.index)
    .map(({ step }) => {
      const { trade, prevented } = step
      const detail = [
        trade === undefined ? "" : ` trade ${trade.tradeId}`,
        prevented === undefined
          ? ""
          : ` prevented ${prevented.lots}@${prevented.ticks} against ${prevented.counterOrderId}`,
        step.expiry === undefined ? "" : ` for ${step.expiry}`,
        step.originalClientOrderId === undefined ? "" : ` was ${step.originalClientOrderId}`
      ].join("")
      return (
        `${step.orderId} ${step.type} ${step.status} ${step.clientOrderId} ` +
        `${step.executedLots}+${step.preventedLots}/${step.lots} ${step.executedQuote}${detail}`
      )
    })

const stepOf = (event: Execution): Step => ({ ...event, orderId: event.order.orderId })

const compareDone = (expected: Answer, found: Outcome): Found => {
  if (!expected.taken) return undefined
  const steps = found.events.filter(isExecution).map(stepOf)
  const prints = found.events.flatMap((event) => (event._tag === "PublicTrade" ? [event] : []))
  return (
    same("trades", tradesOf(expected.steps), tradesOf(steps)) ??
    same(
      "prints",
      expected.prints,
      prints.map(({ symbol, tradeId, ticks, lots, takerSide, cause }) => {
        return { symbol, tradeId, ticks, lots, takerSide, cause }
      })
    ) ??
    same("lives of orders", livesOf(expected.steps), livesOf(steps))
  )
}

const firstLine = (what: string, expected: ReadonlyArray<string>, found: ReadonlyArray<string>): Found => {
  const length = Math.max(expected.length, found.length)
  for (let index = 0; index < length; index++) {
    const difference = same(what, expected[index], found[index])
    if (difference !== undefined) return difference
  }
  return undefined
}

const validated = (subject: Subject): Found => {
  try {
    subject.validateInternalState()
    return undefined
  } catch (error) {
    return { what: "internal state", expected: "valid", found: String(error) }
  }
}

/** One history, two engines. */
export class Comparison {
  readonly naive = new NaiveEngine()
  readonly subject: Subject
  private readonly ledger: Ledger
  /** Of the subject, after the last command it took. */
  private hash: string
  private readonly symbols: Array<string> = []

  constructor(subject: Subject) {
    this.subject = subject
    this.hash = subject.stateHash()
    this.ledger = new Ledger(subject)
  }

  give({ command, market }: Entry): Found {
    if (command._tag === "List" && !this.symbols.includes(command.listing.instrument.symbol)) {
      this.symbols.push(command.listing.instrument.symbol)
    }
    const expected = this.naive.apply(command, marketOf(market))
    const found = this.subject.apply(command, marketOf(market))
    const answered = compareAnswer(expected, found)
    if (answered !== undefined) return answered
    if (Result.isFailure(found)) {
      return this.states() ?? same("hash after a refusal", this.hash, this.subject.stateHash())
    }
    this.hash = this.subject.stateHash()
    return (
      compareDone(expected, found.success) ??
      this.states() ??
      this.ledger.book(command, found.success.events, this.symbols) ??
      validated(this.subject)
    )
  }

  private states(): Found {
    const expected = canonical(readNaive(this.naive), accounts, this.symbols)
    const found = canonical(this.subject, accounts, this.symbols)
    return hashOf(expected) === hashOf(found) ? undefined : firstLine("state", expected, found)
  }
}

/** The first difference, where there is one. A defect of the engine under test is one too. */
export const difference = (subject: Subject, history: History): Difference | undefined => {
  const comparison = new Comparison(subject)
  for (const [index, entry] of history.entries()) {
    let found: Found
    try {
      found = comparison.give(entry)
    } catch (error) {
      found = { what: "defect", expected: "none", found: error instanceof Error ? (error.stack ?? "") : String(error) }
    }
    if (found !== undefined) return { index, ...found }
  }
  return undefined
}

// The matching engine of the paper exchange: one writer, no clock, no I/O. What a command does depends on the state, the command and the
// market beside it, so a journal of the last two replays to the same state.
import * as Result from "effect/Result"
import type { Side } from "../Order.ts"
import * as Accounts from "./Accounts.ts"
import { amend } from "./Amending.ts"
import { cancel, cancelAll, cancellable, cancelList, find, isRejection } from "./Cancelling.ts"
import { cascade } from "./Cascade.ts"
import type { Command, MarketNow, OrderRef } from "./Command.ts"
import { digest } from "./Digest.ts"
import type { Outcome } from "./Event.ts"
import { admitList, legsOf, placeList } from "./Lists.ts"
import * as MarketMoves from "./MarketMoves.ts"
import type { Listing } from "./Listing.ts"
import type { OpenList } from "./OpenList.ts"
import { OpenOrder } from "./OpenOrder.ts"
import type { Amount, Order } from "./Order.ts"
import { admit, place } from "./Placing.ts"
import * as Rejection from "./Rejection.ts"
import { replace } from "./Replacing.ts"
import * as Snapshot from "./Snapshot.ts"
import { State } from "./State.ts"
import { Step } from "./Step.ts"
import type { SymbolBook } from "./SymbolBook.ts"
import { validate } from "./Validation.ts"

export type { Outcome } from "./Event.ts"

type Answer = Outcome | Rejection.Rejection
type OfSymbol = Extract<Command, { readonly account: string; readonly symbol: string }>
type Of<Tag extends Command["_tag"]> = Extract<Command, { readonly _tag: Tag }>

/** One asset of an account, in units of 10^-8. */
export interface Holding {
  readonly asset: string
  readonly free: Amount
  readonly locked: Amount
}

export class Engine {
  private readonly state: State
  private step: Step | undefined = undefined

  constructor(state: State = new State()) {
    this.state = state
  }

  /** Does what is asked, or refuses and changes nothing. Throws only where its own state is broken. */
  apply(command: Command, market: MarketNow): Result.Result<Outcome, Rejection.Rejection> {
    const answer = this.decide(command, market)
    return "code" in answer ? Result.fail(answer) : Result.succeed(answer)
  }

  /** Whether a new order would be taken, as `order/test` asks. */
  wouldTake(command: Of<"Place">, market: MarketNow): Result.Result<void, Rejection.Rejection> {
    const book = this.state.books.get(command.symbol)
    if (!this.state.accounts.has(command.account)) return Result.fail(Rejection.unknownAccount)
    if (book === undefined) return Result.fail(Rejection.invalidSymbol)
    const seat = this.state.seat(book, command.account)!
    const order = new OpenOrder(command.order, seat, command.at)
    const refused = book.rules.check(order, market.reference) ?? admit(this.begin(book, command.at, market), order)
    return refused === undefined ? Result.succeed(undefined) : Result.fail(refused)
  }

  private decide(command: Command, market: MarketNow): Answer {
    switch (command._tag) {
      case "Tape":
        return this.tape(command, market)
      case "Outside":
        return this.outside(command, market)
      case "List":
        return Accounts.list(this.state, command)
      case "OpenAccount":
        return Accounts.openAccount(this.state, command)
      case "Deposit":
        return Accounts.deposit(this.state, command)
      case "SetCommission":
        return Accounts.setCommission(this.state, command)
      default:
        return this.trade(command, market)
    }
  }

  private trade(command: OfSymbol, market: MarketNow): Answer {
    const book = this.state.books.get(command.symbol)
    if (book === undefined) {
      return this.state.accounts.has(command.account) ? Rejection.invalidSymbol : Rejection.unknownAccount
    }
    const seat = this.state.seat(book, command.account)
    if (seat === undefined) return Rejection.unknownAccount
    const step = this.begin(book, command.at, market)
    let refused: Rejection.Rejection | undefined
    switch (command._tag) {
      case "Place": {
        const order = new OpenOrder(command.order, seat, command.at)
        refused = book.rules.check(order, market.reference) ?? admit(step, order)
        if (refused === undefined) place(step, order)
        break
      }
      case "PlaceList": {
        const legs = legsOf(command.list, seat, command.at)
        refused = admitList(step, command.list, legs, seat, market.reference)
        if (refused === undefined) placeList(step, command.list, legs, seat)
        break
      }
      case "Cancel": {
        const order = cancellable(book, seat, command.order, command.restriction)
        if (isRejection(order)) refused = order
        else cancel(step, order, command.cancelId)
        break
      }
      case "CancelAll":
        refused = cancelAll(step, seat, command.cancelId)
        break
      case "CancelList":
        refused = cancelList(step, seat, command.list, command.cancelId)
        break
      case "Amend":
        refused = amend(step, seat, command)
        break
      case "CancelReplace": {
        const replaced = replace(step, seat, command)
        if ("code" in replaced) return replaced
        const changed = step.events.length > 0
        return { events: step.finish(), changed, replace: replaced }
      }
    }
    if (refused !== undefined) return refused
    if (step.due.length > 0) cascade(step)
    return { events: step.finish(), changed: true }
  }

  private tape({ at, symbol, ticks, lots, takerSide }: Of<"Tape">, market: MarketNow): Answer {
    const book = this.state.books.get(symbol)
    if (book === undefined) return Rejection.invalidSymbol
    if (!book.rules.trading || !MarketMoves.tapeConcerns(book, ticks, takerSide)) return Accounts.UNCHANGED
    const step = this.begin(book, at, market)
    const changed = MarketMoves.tape(step, ticks, lots, takerSide)
    cascade(step)
    return { events: step.finish(), changed }
  }

  private outside({ at, symbol, side, ticks, lots }: Of<"Outside">, market: MarketNow): Answer {
    const book = this.state.books.get(symbol)
    if (book === undefined) return Rejection.invalidSymbol
    if (!book.rules.trading || !MarketMoves.outsideConcerns(book, side, ticks, lots)) return Accounts.UNCHANGED
    const step = this.begin(book, at, market)
    const changed = MarketMoves.outside(step, side, ticks, lots)
    cascade(step)
    return { events: step.finish(), changed }
  }

  private begin(book: SymbolBook, at: number, market: MarketNow): Step {
    this.step ??= new Step(this.state, book, market)
    this.step.begin(book, at, market)
    return this.step
  }

  /** The rules of a symbol as they were given last. */
  listing(symbol: string): Listing | undefined {
    return this.state.books.get(symbol)?.rules.listing
  }

  knows(account: string): boolean {
    return this.state.accounts.has(account)
  }

  /** By either id or both; `undefined` where none is open or the ids do not mean the same order. */
  openOrder(account: string, symbol: string, ref: OrderRef): Order | undefined {
    const seat = this.state.books.get(symbol)?.seats.get(account)
    if (seat === undefined) return undefined
    const found = find(seat, ref)
    return isRejection(found) ? undefined : found
  }

  /** By order id; without a symbol, of all symbols. */
  openOrders(account: string, symbol?: string): ReadonlyArray<Order> {
    const orders: Array<OpenOrder> = []
    for (const [name, seat] of this.state.accounts.get(account)?.seats ?? []) {
      if (symbol === undefined || symbol === name) orders.push(...seat.byClientId.all())
    }
    return orders.toSorted((a, b) => a.orderId - b.orderId)
  }

  /** Lists whose contingency stands, by list id. */
  openLists(account: string): ReadonlyArray<OpenList> {
    const lists: Array<OpenList> = []
    for (const seat of this.state.accounts.get(account)?.seats.values() ?? []) lists.push(...seat.lists)
    return lists.toSorted((a, b) => a.listId - b.listId)
  }

  /** By asset; what is neither free nor locked is left out. */
  balances(account: string): ReadonlyArray<Holding> {
    return Snapshot.holdings(this.state, account)
  }

  /** Parts of 10^-8 of what is received. Throws for a symbol that is not listed. */
  commission(account: string, symbol: string): { readonly maker: number; readonly taker: number } {
    const book = this.state.books.get(symbol)
    if (book === undefined) throw new Error(`${symbol} is not listed`)
    const seat = this.state.seat(book, account)
    return seat === undefined
      ? { maker: book.rules.makerRate, taker: book.rules.takerRate }
      : { maker: seat.makerRate, taker: seat.takerRate }
  }

  /** Users' visible lots by price, best first. */
  levels(symbol: string, side: Side): ReadonlyArray<{ readonly ticks: number; readonly lots: number }> {
    const levels = this.state.books.get(symbol)?.side(side).levels ?? []
    return levels.map(({ ticks, lots }) => ({ ticks, lots })).toReversed()
  }

  /** Best price of users' orders; 0 where none rests. */
  best(symbol: string, side: Side): number {
    return this.state.books.get(symbol)?.side(side).bestTicks() ?? 0
  }

  /** Whether any user rests at a price. */
  restingAt(symbol: string, side: Side, ticks: number): boolean {
    return this.state.books.get(symbol)?.side(side).at(ticks) !== undefined
  }

  /** How much there is. */
  counts(): { readonly accounts: number; readonly openOrders: number } {
    let openOrders = 0
    for (const { seats } of this.state.accounts.values()) {
      for (const seat of seats.values()) openOrders += seat.byClientId.size
    }
    return { accounts: this.state.accounts.size, openOrders }
  }

  /** The same on any machine for the same state. */
  stateHash(): string {
    return digest(this.encode())
  }

  /** The whole state as text, the same for the same state. */
  encode(): string {
    return Snapshot.encode(this.state)
  }

  /** The inverse of `encode`. Throws where the text is not one, or what it says cannot be. */
  static decode(text: string): Engine {
    const engine = new Engine(Snapshot.decode(text))
    engine.validateInternalState()
    return engine
  }

  /** Throws an Error that names what is wrong, if anything is. Takes time in the size of the state. */
  validateInternalState(): void {
    validate(this.state)
  }
}

// The engine's whole state.
import type { Listing } from "./Listing.ts"
import { Ledger } from "./Ledger.ts"
import { Account, INSTRUMENT_RATE, Seat } from "./Seat.ts"
import { SymbolBook } from "./SymbolBook.ts"

export class State {
  readonly ledger = new Ledger()
  readonly accounts = new Map<string, Account>()
  readonly books = new Map<string, SymbolBook>()
  /** The last ids given, over the whole exchange. */
  orderId = 0
  executionId = 0
  listId = 0
  preventedMatchId = 0

  openBook(listing: Listing): SymbolBook {
    const { symbol, baseAsset, quoteAsset } = listing.instrument
    const book = new SymbolBook(listing, this.ledger.assetId(baseAsset), this.ledger.assetId(quoteAsset))
    this.books.set(symbol, book)
    return book
  }

  /** The seat of an account at a symbol; `undefined` for an account that does not exist. */
  seat(book: SymbolBook, name: string): Seat | undefined {
    return book.seats.get(name) ?? this.openSeat(book, name)
  }

  private openSeat(book: SymbolBook, name: string): Seat | undefined {
    const account = this.accounts.get(name)
    if (account === undefined) return undefined
    const { baseAsset, quoteAsset } = book.rules.listing.instrument
    const seat = new Seat(
      account,
      book.symbol,
      account.slot(this.ledger, baseAsset),
      account.slot(this.ledger, quoteAsset)
    )
    setRates(seat, book)
    book.seats.set(name, seat)
    account.seats.set(book.symbol, seat)
    return seat
  }
}

/** An account's own commission comes before the instrument's. */
export const setRates = (seat: Seat, book: SymbolBook): void => {
  const { makerRate, takerRate } = seat.account
  seat.makerRate = makerRate === INSTRUMENT_RATE ? book.rules.makerRate : makerRate
  seat.takerRate = takerRate === INSTRUMENT_RATE ? book.rules.takerRate : takerRate
}

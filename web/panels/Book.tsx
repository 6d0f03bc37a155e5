// The book: size and depth at each price, best in the middle. A price clicked goes into the ticket.
import { useLayoutEffect, useRef } from "preact/hooks"
import { useSignal } from "@preact/signals"
import * as Money from "../../src/domain/Money.ts"
import type { BookView } from "../../src/contract/Feed.ts"
import * as Connection from "../store/Connection.ts"
import * as Market from "../store/Market.ts"
import type { SymbolView } from "../../src/contract/Http.ts"
import * as Ticket from "../store/Ticket.ts"
import * as Figure from "../ui/Figure.ts"
import { approximate } from "../ui/Number.tsx"
import { Empty, Panel } from "../ui/Panel.tsx"
import { phone } from "../ui/Screen.ts"

/** A row is a target: on a phone as high as a thumb wants it. */
const rowPixels = () => (phone.value ? 40 : 20)
const MIDDLE_PIXELS = 34

export const Book = () => {
  const book = Market.book.value
  const instrument = Market.instrument.value
  const box = useRef<HTMLDivElement>(null)
  const rows = useSignal(10)
  useLayoutEffect(() => {
    const element = box.current
    if (element === null) return
    const measure = () => {
      rows.value = Math.max(3, Math.floor((element.clientHeight - MIDDLE_PIXELS) / (2 * rowPixels())))
    }
    const watcher = new ResizeObserver(measure)
    watcher.observe(element)
    measure()
    return () => watcher.disconnect()
  }, [phone.value])
  const stale = Connection.state.value !== "live" || book?.synced === false
  return (
    <Panel
      name="Book"
      place="book"
      stale={stale && book !== undefined}
      head={
        <>
          <h2>Book</h2>
          <span class="grow" />
          <span class="label">{book?.synced === false ? "not synced" : `size ${instrument?.baseAsset ?? ""}`}</span>
        </>
      }
    >
      <div class="levels" ref={box}>
        {book === undefined || instrument === undefined ? (
          <Empty what="The order book will be here.">It comes with the market's first message.</Empty>
        ) : (
          <Levels book={book} instrument={instrument} rows={rows.value} />
        )}
      </div>
    </Panel>
  )
}

const Levels = ({ book, instrument, rows }: { book: BookView; instrument: SymbolView; rows: number }) => {
  const asks = cumulate(book.asks.slice(0, rows))
  const bids = cumulate(book.bids.slice(0, rows))
  const deepest = Money.max(asks.at(-1)?.total ?? Money.zero, bids.at(-1)?.total ?? Money.zero)
  const bestAsk = book.asks[0]?.[0]
  const bestBid = book.bids[0]?.[0]
  const spread =
    bestAsk === undefined || bestBid === undefined
      ? undefined
      : Money.subtract(Money.decimal(bestAsk), Money.decimal(bestBid))
  const last = Market.price.value?.price
  const arrow = Market.direction.value === "up" ? " ↑" : Market.direction.value === "down" ? " ↓" : ""
  return (
    <>
      <div class="side asks">
        {asks.toReversed().map((level) => (
          <Level key={level.price} level={level} deepest={deepest} instrument={instrument} tone="down" />
        ))}
      </div>
      <div class="mid">
        <span class={`num ${Market.direction.value ?? ""}`}>
          {typeof last === "string" ? Figure.fixed(last, instrument.priceDecimals) : "–"}
          {arrow}
        </span>
        <span class="label num">
          {spread === undefined ? "" : `spread ${Figure.grouped(Money.toFixed(spread, instrument.priceDecimals))}`}
        </span>
      </div>
      <div class="side bids">
        {bids.map((level) => (
          <Level key={level.price} level={level} deepest={deepest} instrument={instrument} tone="up" />
        ))}
      </div>
    </>
  )
}

interface Depth {
  readonly price: string
  readonly size: string
  readonly total: Money.Decimal
}

const cumulate = (levels: BookView["bids"]): ReadonlyArray<Depth> => {
  let total = Money.zero
  return levels.map(([price, size]) => {
    total = Money.add(total, Money.decimal(size))
    return { price, size, total }
  })
}

interface LevelProps {
  readonly level: Depth
  readonly deepest: Money.Decimal
  readonly instrument: SymbolView
  readonly tone: "up" | "down"
}

const Level = ({ level, deepest, instrument, tone }: LevelProps) => {
  const share = approximate(Money.format(level.total)) / (approximate(Money.format(deepest)) || 1)
  return (
    <button
      type="button"
      class="lv"
      tabIndex={-1}
      aria-label={`Use ${level.price} as the price`}
      onClick={() => Ticket.pickPrice(level.price)}
    >
      <i class={`depth ${tone}`} style={{ transform: `scaleX(${share.toFixed(3)})` }} />
      <span class={tone}>{Figure.fixed(level.price, instrument.priceDecimals)}</span>
      <span>{Figure.fixed(level.size, instrument.quantityDecimals)}</span>
      <span class="soft">{Figure.brief(level.total, instrument.quantityDecimals)}</span>
    </button>
  )
}

// Messages as text, each written once however many sockets it goes to. A frame is one message, or an array of them.
import type { ServerMessage, Topic } from "../../contract/Feed.ts"
import { bookView, klineView, priceView, tradeView } from "../../contract/MarketViews.ts"
import { balanceView, orderView, positionView, privateMessages } from "../../contract/Views.ts"
import type { AccountUpdate } from "../../domain/Account.ts"
import type { AccountId } from "../../domain/Ids.ts"
import type { Instrument } from "../../domain/Instrument.ts"
import type { MarketUpdate } from "../../domain/MarketUpdate.ts"
import type { AccountState } from "../../ports/Blotter.ts"

export const text = (message: ServerMessage): string => JSON.stringify(message)

/** Between messages of one text. JSON text has no bare line break, so it also tells one message from several. */
const BETWEEN = ",\n"

/** One message as it is, several as an array. */
export const frameOf = (texts: ReadonlyArray<string>): string =>
  texts.length === 1 && !texts[0]!.includes(BETWEEN) ? texts[0]! : `[${texts.join(BETWEEN)}]`

/** All messages of one seq in one text. An update with nothing to show still moves the client's seq. */
export const accountText = (update: AccountUpdate): string => {
  const messages = privateMessages(update)
  return messages.length === 0 ? text({ type: "LIVE", seq: update.seq }) : messages.map(text).join(BETWEEN)
}

export const snapshotText = (accountId: AccountId, state: AccountState): string =>
  text({
    type: "SNAPSHOT",
    seq: state.seq,
    data: {
      accountId,
      orders: state.orders.map(orderView),
      positions: state.positions.map(positionView),
      balances: state.balances.map(balanceView),
      blind: state.blind ?? null
    }
  })

export const symbolOf = (update: MarketUpdate): string =>
  update._tag === "Price" ? update.quote.symbol : update._tag === "Trade" ? update.trade.symbol : update.symbol

export const topicOf = (update: MarketUpdate): Topic => {
  switch (update._tag) {
    case "Price":
      return `price:${update.quote.symbol}`
    case "Trade":
      return `trade:${update.trade.symbol}`
    case "Kline":
      return `kline:${update.symbol}:${update.interval}`
    case "Book":
      return `book:${update.symbol}`
  }
}

export const marketText = (instrument: Instrument, update: MarketUpdate): string => {
  switch (update._tag) {
    case "Price":
      return text({ type: "PRICE_UPDATE", data: priceView(instrument, update.quote) })
    case "Trade":
      return text({ type: "TRADE", data: tradeView(instrument, update.trade) })
    case "Kline":
      return text({ type: "KLINE_UPDATE", data: klineView(instrument, update.interval, update.candle, update.closed) })
    case "Book":
      return text({ type: "BOOK_UPDATE", data: bookView(instrument, update) })
  }
}

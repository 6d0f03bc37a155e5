// What just traded, newest first, in the colour of the side that took.
import * as Connection from "../store/Connection.ts"
import * as Market from "../store/Market.ts"
import * as Figure from "../ui/Figure.ts"
import { Empty, Panel } from "../ui/Panel.tsx"
import { time } from "../ui/Time.ts"

/** More than fit on any screen would only cost time. */
const SHOWN = 60

export const Tape = () => {
  const instrument = Market.instrument.value
  const trades = Market.tape.value
  return (
    <Panel
      name="Tape"
      place="tape"
      stale={Connection.state.value !== "live" && trades.length > 0}
      head={
        <>
          <h2>Tape</h2>
          <span class="grow" />
          <span class="label">trades</span>
        </>
      }
    >
      {trades.length === 0 || instrument === undefined ? (
        <Empty what="Trades will run here.">The next one appears as it happens.</Empty>
      ) : (
        <div class="prints">
          {trades.slice(0, SHOWN).map((trade) => (
            <div class="lv" key={trade.tradeId}>
              <span class={trade.side === "BUY" ? "up" : "down"}>
                {Figure.fixed(trade.price, instrument.priceDecimals)}
              </span>
              <span>{Figure.fixed(trade.quantity, instrument.quantityDecimals)}</span>
              <span class="soft">{time(trade.at)}</span>
            </div>
          ))}
        </div>
      )}
    </Panel>
  )
}

// The bottom line: whether what is on the screen is alive, how fast, and where it comes from.
import type { LinkState } from "../link.ts"
import * as Account from "../store/Account.ts"
import * as Connection from "../store/Connection.ts"
import * as Market from "../store/Market.ts"

const words: Record<LinkState, readonly [text: string, tone: string]> = {
  off: ["off", ""],
  connecting: ["connecting", "doubt"],
  waiting: ["stale, reconnecting", "doubt"],
  lagging: ["stale, updates are late", "doubt"],
  live: ["live", "live"]
}

const millis = (value: number | undefined): string =>
  value === undefined ? "–" : `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`

export const Footer = () => {
  const [text, tone] = words[Connection.state.value]
  const unknown = Account.unknownOrders.value.length
  return (
    <footer class="panel foot">
      <span role="status" data-testid="link">
        <span class={`dot ${tone}`} />
        {text}
      </span>
      <span class="detail">link {millis(Connection.roundTripMillis.value)}</span>
      {Connection.feedLagMillis.value === undefined ? null : (
        <span class="detail">feed lag {millis(Connection.feedLagMillis.value)}</span>
      )}
      <span class="detail">order → pending {millis(Connection.pendingMillis.value)}</span>
      <span class="grow" />
      {unknown === 0 ? null : (
        <span class="accent">
          UNKNOWN {unknown}
          <span class="detail"> · asking the exchange</span>
        </span>
      )}
      <span>
        <span class="detail">market: </span>
        {Market.badge.value?.label}
      </span>
    </footer>
  )
}

// The bottom line: whether what is on the screen is alive, how fast, and where it comes from.
import type { LinkState } from "../link.ts"
import * as Account from "../store/Account.ts"
import * as Connection from "../store/Connection.ts"
import * as Exchange from "../store/Exchange.ts"
import * as Market from "../store/Market.ts"
import { strainSentence } from "../ui/Strain.ts"

const words: Record<LinkState, readonly [text: string, tone: string]> = {
  off: ["off", ""],
  connecting: ["connecting", "doubt"],
  waiting: ["stale, reconnecting", "doubt"],
  lagging: ["stale, updates are late", "doubt"],
  live: ["live", "live"]
}

/** Percent of the exchange's limits that are used; in doubt's colour where they hold something back. */
const Budget = () => {
  const budget = Exchange.budget.value
  if (budget === undefined) return null
  const { orders, weight } = budget
  const strain = Exchange.strain.value
  const title =
    `Weight ${weight.used} of ${weight.limit} a minute, orders ${orders.tenSeconds.used} of ${orders.tenSeconds.limit} in 10 s, ` +
    `${orders.day.used} of ${orders.day.limit} a day; its clock is ${budget.clockOffsetMillis} ms ahead`
  return (
    <span data-testid="budget" class={strain === undefined ? "detail" : "accent"} title={title}>
      exchange limits {Exchange.usedPercent(budget)} %
      {strain?.kind === "shedding" && strain.what === "questions" ? ` · ${strainSentence(strain)}` : null}
    </span>
  )
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
      <Budget />
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

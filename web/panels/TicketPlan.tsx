// The fields of an exit and of a bracket, and what they come to.
import * as Money from "../../src/domain/Money.ts"
import type { SymbolView } from "../../src/contract/Http.ts"
import * as Orders from "../store/Orders.ts"
import * as Plan from "../store/Plan.ts"
import * as Ticket from "../store/Ticket.ts"
import * as Figure from "../ui/Figure.ts"

interface FieldProps {
  readonly field: Plan.Field
  readonly instrument: SymbolView
  readonly invalid: boolean
}

export const PlanField = ({ field, instrument, invalid }: FieldProps) => {
  const text = Ticket.planTexts[field]
  const unit = field === "quantity" ? instrument.baseAsset : instrument.quoteAsset
  return (
    <label class={`field ${invalid ? "invalid" : ""}`}>
      <span>{Plan.NAMES[field]}</span>
      <input
        name={field}
        inputMode="decimal"
        autocomplete="off"
        spellcheck={false}
        maxLength={42}
        value={text.value}
        aria-label={`${Plan.NAMES[field]} in ${unit}`}
        aria-invalid={invalid}
        aria-describedby="ticket-problem"
        onFocus={(event) => event.currentTarget.select()}
        onInput={(event) => {
          text.value = event.currentTarget.value
          Orders.refusal.value = undefined
        }}
        onKeyDown={(event) => {
          if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return
          event.preventDefault()
          Ticket.nudgePlan(field, (event.key === "ArrowUp" ? 1 : -1) * (event.shiftKey ? 10 : 1))
        }}
      />
      <em>{unit}</em>
    </label>
  )
}

interface FactsProps {
  readonly instrument: SymbolView
  readonly plan: Plan.Plan
  readonly drawn: Plan.Planned | undefined
}

/** Before commissions; the stop takes what the market pays then. */
export const PlanFacts = ({ drawn, instrument, plan }: FactsProps) => {
  const { baseAsset, priceDecimals, quoteAsset } = instrument
  const money = (value: Money.Decimal | undefined) =>
    value === undefined ? "–" : `${Figure.grouped(Money.toFixed(value, priceDecimals))} ${quoteAsset}`
  const { amount, asset } = Ticket.free.value
  const sells = Plan.exitSide({ plan, side: Ticket.side.value }) === "SELL"
  return (
    <div class="facts">
      <Fact label="At the profit">{money(drawn?.atProfit)}</Fact>
      <Fact label="At the stop">{drawn?.atStop === undefined ? "–" : `≈ ${money(drawn.atStop)}`}</Fact>
      {plan === "BRACKET" ? (
        <Fact label={sells ? "The exit sells" : "The exit buys"}>
          {drawn?.exitQuantity === undefined ? "–" : `${Money.format(drawn.exitQuantity)} ${baseAsset}`}
        </Fact>
      ) : null}
      <Fact label="Free">{amount === undefined ? "–" : `${Figure.plain(amount, 8)} ${asset}`}</Fact>
    </div>
  )
}

const Fact = ({ children, label }: { children: string; label: string }) => (
  <div class="row">
    <span>{label}</span>
    <b class="num">{children}</b>
  </div>
)

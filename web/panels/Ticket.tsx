// The order ticket: what to do, for how much, what it will cost, and one button that says all of it.
import { signal, useSignal } from "@preact/signals"
import * as Money from "../../src/domain/Money.ts"
import * as Account from "../store/Account.ts"
import * as Accounts from "../store/Accounts.ts"
import * as Market from "../store/Market.ts"
import * as Orders from "../store/Orders.ts"
import type { Preview } from "../store/Preview.ts"
import type { SymbolView } from "../../src/contract/Http.ts"
import type { OrderType, TimeInForce as TimeInForceName } from "../../src/domain/Order.ts"
import { type Field as DraftField, hasTimeInForce, NAMES, TYPES } from "../store/Draft.ts"
import * as Plan from "../store/Plan.ts"
import * as Ticket from "../store/Ticket.ts"
import * as Figure from "../ui/Figure.ts"
import { Empty, Panel } from "../ui/Panel.tsx"
import { PlanFacts, PlanField } from "./TicketPlan.tsx"
import { Segments } from "../ui/Segments.tsx"

/** Whether Enter would send: the focus is in the ticket. */
export const armed = signal(false)

export const TicketPanel = () => {
  const instrument = Market.instrument.value
  return (
    <Panel
      name="Order"
      place="ticket"
      head={
        <>
          <h2>Order</h2>
          <span class="grow" />
          <span class="label wide-only">
            {armed.value ? "Enter sends" : "keys"} <span class={`dot ${armed.value ? "live" : ""}`} />
          </span>
        </>
      }
    >
      {instrument === undefined ? (
        <Empty what="The order ticket will be here.">It opens once the desk has said what is traded.</Empty>
      ) : (
        <Form instrument={instrument} />
      )}
    </Panel>
  )
}

const Form = ({ instrument }: { instrument: SymbolView }) => {
  const account = Accounts.current.value
  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        Ticket.submit(account)
      }}
      onFocusIn={() => (armed.value = true)}
      onFocusOut={() => (armed.value = false)}
    >
      <Sides />
      <Types />
      {Ticket.plan.value === undefined ? <Single instrument={instrument} /> : <PlanForm instrument={instrument} />}
      <Holdings instrument={instrument} />
    </form>
  )
}

/** One order. */
const Single = ({ instrument }: { instrument: SymbolView }) => {
  const preview = Ticket.preview.value
  // A problem is told once there is something to have a problem with.
  const touched = Ticket.texts.quantity.value !== ""
  const problem = touched ? preview?.problem : undefined
  return (
    <>
      {Ticket.type.value === "MARKET" ? (
        <div class="field off">
          <span>Price</span>
          <span class="soft">best there is</span>
        </div>
      ) : null}
      {(["stopPrice", "trailingDelta", "price", "quantity", "icebergQuantity"] as const)
        .filter(Ticket.shows)
        .map((field) => (
          <Field
            key={field}
            field={field}
            instrument={instrument}
            invalid={touched && preview?.field === field}
            note={field === "icebergQuantity" ? "all of it" : ""}
          />
        ))}
      {Ticket.type.value === "MARKET" && instrument.allows.quoteQuantity ? (
        <Segments
          label="Quantity in"
          options={[instrument.baseAsset, instrument.quoteAsset]}
          chosen={Ticket.byQuote.value ? instrument.quoteAsset : instrument.baseAsset}
          choose={(asset) => (Ticket.byQuote.value = asset === instrument.quoteAsset)}
          text={(asset) => `in ${asset}`}
        />
      ) : null}
      <Shares />
      {hasTimeInForce(Ticket.type.value) ? <TimeInForce /> : null}
      <Facts preview={preview} instrument={instrument} />
      <p class="problem" role="alert" id="ticket-problem">
        {Ticket.blocked.value ?? problem ?? Orders.refusal.value ?? ""}
      </p>
      <Send ready={preview?.intent !== undefined} />
    </>
  )
}

const Shares = () => (
  <div class="shares">
    {([25, 50, 75, 100] as const).map((percent) => (
      <button
        type="button"
        key={percent}
        disabled={Ticket.free.value.amount === undefined}
        onClick={() => Ticket.pickShare(percent)}
      >
        {percent} %
      </button>
    ))}
  </div>
)

/** An exit, or an entry with its exit. */
const PlanForm = ({ instrument }: { instrument: SymbolView }) => {
  const plan = Ticket.plan.value ?? "EXIT"
  const drawn = Ticket.plannedOrders.value
  const touched = Ticket.planTexts.quantity.value !== ""
  // What a purchase of either order can be paid with depends on the dearer price: a share of the balance would be a guess.
  const shares = plan === "BRACKET" || Ticket.side.value === "SELL"
  return (
    <>
      {Plan.FIELDS[plan].map((field) => (
        <PlanField key={field} field={field} instrument={instrument} invalid={touched && drawn?.field === field} />
      ))}
      {shares ? <Shares /> : null}
      <PlanFacts instrument={instrument} plan={plan} drawn={drawn} />
      <p class="problem" role="alert" id="ticket-problem">
        {(touched ? drawn?.problem : undefined) ?? Orders.refusal.value ?? ""}
      </p>
      <Send ready={drawn?.legs !== undefined} />
    </>
  )
}

const Sides = () => (
  <div class="sides" role="radiogroup" aria-label="Side">
    {(["BUY", "SELL"] as const).map((side) => (
      <button
        type="button"
        role="radio"
        key={side}
        aria-checked={Ticket.side.value === side}
        class={`${side === "BUY" ? "buy" : "sell"} ${Ticket.side.value === side ? "on" : ""}`}
        onClick={() => Ticket.choose(side)}
      >
        {side === "BUY" ? "Buy" : "Sell"} <kbd class="wide-only">{side === "BUY" ? "B" : "S"}</kbd>
      </button>
    ))}
  </div>
)

/** The two that are used most, and the others behind a third. */
const Types = () => {
  const others: ReadonlyArray<OrderType> = Ticket.types.value.filter((type) => type !== "LIMIT" && type !== "MARKET")
  const instrument = Market.instrument.value
  const plans = instrument === undefined ? [] : Plan.allowed(instrument)
  const isOther = Ticket.plan.value !== undefined || others.includes(Ticket.type.value)
  const options = ["LIMIT", "MARKET", ...(others.length > 0 ? (["MORE"] as const) : [])] as const
  return (
    <>
      <Segments
        kind="tabs"
        label="Order type"
        options={options}
        chosen={isOther ? "MORE" : Ticket.type.value === "MARKET" ? "MARKET" : "LIMIT"}
        choose={(option) => {
          const [first] = others
          if (option !== "MORE") Ticket.chooseType(option)
          else if (!isOther && first !== undefined) {
            Ticket.chooseType(others.find((type) => type === "STOP_LOSS_LIMIT") ?? first)
          }
        }}
        text={(option) => ({ LIMIT: "Limit", MARKET: "Market", MORE: "Stop & more" })[option]}
      />
      {isOther ? (
        <label class="field choice">
          <span>Type</span>
          <select
            name="type"
            value={Ticket.plan.value ?? Ticket.type.value}
            onChange={({ currentTarget: { value } }) => {
              const plan = plans.find((one) => one === value)
              if (plan === undefined) Ticket.chooseType(value as OrderType)
              else Ticket.choosePlan(plan)
            }}
          >
            {plans.map((plan) => (
              <option key={plan} value={plan}>
                {Plan.PLANS[plan]}
              </option>
            ))}
            {others.map((type) => (
              <option key={type} value={type}>
                {TYPES[type]}
              </option>
            ))}
          </select>
        </label>
      ) : null}
    </>
  )
}

interface FieldProps {
  readonly field: DraftField
  readonly instrument: SymbolView
  readonly invalid: boolean
  /** What an empty field means. */
  readonly note: string
}

const unitOf = (field: DraftField, { baseAsset, quoteAsset }: SymbolView): string => {
  if (field === "trailingDelta") return "bp"
  const isQuote = field === "quantity" && Ticket.type.value === "MARKET" && Ticket.byQuote.value
  return field === "price" || field === "stopPrice" || isQuote ? quoteAsset : baseAsset
}

const Field = ({ field, instrument, invalid, note }: FieldProps) => {
  const text = Ticket.texts[field]
  const unit = unitOf(field, instrument)
  return (
    <label class={`field ${invalid ? "invalid" : ""}`}>
      <span>{NAMES[field]}</span>
      <input
        name={field}
        inputMode="decimal"
        autocomplete="off"
        spellcheck={false}
        maxLength={42}
        value={text.value}
        placeholder={note}
        aria-label={`${NAMES[field]} in ${unit}`}
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
          Ticket.nudge(field, (event.key === "ArrowUp" ? 1 : -1) * (event.shiftKey ? 10 : 1))
        }}
      />
      <em>{unit}</em>
    </label>
  )
}

const TimeInForce = () => (
  <label class="field choice">
    <span>Time in force</span>
    <select
      name="timeInForce"
      value={Ticket.timeInForce.value}
      onChange={(event) => (Ticket.timeInForce.value = event.currentTarget.value as TimeInForceName)}
    >
      <option value="GTC">GTC · until cancelled</option>
      <option value="IOC">IOC · now, cancel the rest</option>
      <option value="FOK">FOK · all now or nothing</option>
    </select>
  </label>
)

const Facts = ({ preview, instrument }: { preview: Preview | undefined; instrument: SymbolView }) => {
  const about = preview?.estimated ? "≈ " : ""
  const free = Ticket.free.value
  const feeDecimals = preview?.feeAsset === instrument.baseAsset ? 8 : instrument.priceDecimals
  return (
    <div class="facts">
      <Row label="Notional">
        {preview?.notional === undefined
          ? "–"
          : `${about}${Figure.grouped(Money.toFixed(preview.notional, instrument.priceDecimals))} ${instrument.quoteAsset}`}
      </Row>
      <Row
        label={`Fee (${preview?.liquidity ?? "taker"} ${preview === undefined ? "" : Figure.percent(preview.feeRate)})`}
      >
        {preview?.fee === undefined
          ? "–"
          : `${about}${Figure.grouped(Money.format(Money.round(preview.fee, feeDecimals)))} ${preview.feeAsset}`}
      </Row>
      <Row label="Free">{free.amount === undefined ? "–" : `${Figure.plain(free.amount, 8)} ${free.asset}`}</Row>
    </div>
  )
}

export const Row = ({ label, children }: { label: string; children: string }) => (
  <div class="row">
    <span>{label}</span>
    <b class="num">{children}</b>
  </div>
)

const Send = ({ ready }: { ready: boolean }) => {
  const intent = Orders.intent.value
  if (intent?.state === "unsure") return <Unsure intent={intent} />
  const sending = intent?.state === "sending"
  return (
    <button
      type="submit"
      class={`go ${Ticket.side.value === "BUY" ? "buy" : "sell"}`}
      disabled={sending || !ready || Ticket.blocked.value !== undefined}
      aria-busy={sending}
    >
      {sending ? "Sending…" : Ticket.verb.value}
    </button>
  )
}

/** No answer came. Sending again with the same key can do nothing twice; giving up is said for what it is. */
const Unsure = ({ intent }: { intent: Orders.Intent }) => {
  const asked = useSignal(false)
  const { accountId } = intent.body
  const elsewhere = accountId !== undefined && accountId !== Accounts.current.value
  return (
    <div class="unsure" role="alert">
      <b>{Ticket.describe(intent.body)}: no answer</b>
      {elsewhere ? <b>It is for the account {Accounts.nameOf(intent.body.accountId)}.</b> : null}
      <span>{intent.message} It may have arrived. Sending it again is safe: the desk takes it once.</span>
      <div class="pair">
        <button type="button" class="go doubt" onClick={() => void Orders.retry()}>
          Send again
        </button>
        <button
          type="button"
          class="link down"
          onClick={() => (asked.value ? Orders.discard() : void (asked.value = true))}
        >
          {asked.value ? "Yes, forget it" : "Forget it"}
        </button>
      </div>
    </div>
  )
}

const Holdings = ({ instrument }: { instrument: SymbolView }) => {
  const balances = Account.ledger.value.balances
  const line = (asset: string) => {
    const balance = balances.get(asset)
    return (
      <div class="row" key={asset}>
        <span>{asset}</span>
        <b class="num">
          {balance === undefined ? "–" : Figure.plain(balance.total, 8)}
          {balance === undefined || balance.held === "0" ? null : (
            <span class="soft"> · {Figure.plain(balance.held, 8)} held</span>
          )}
        </b>
      </div>
    )
  }
  return (
    <div class={`facts money ${Account.status.value === "stale" ? "stale" : ""}`}>
      {line(instrument.quoteAsset)}
      {line(instrument.baseAsset)}
    </div>
  )
}

// The top line: symbol, last price, the day, where orders go, and who is here.
import { useComputed } from "@preact/signals"
import * as Money from "../../src/domain/Money.ts"
import * as Account from "../store/Account.ts"
import * as Connection from "../store/Connection.ts"
import * as Exchange from "../store/Exchange.ts"
import * as Market from "../store/Market.ts"
import * as Preferences from "../store/Preferences.ts"
import * as Session from "../store/Session.ts"
import * as Figure from "../ui/Figure.ts"
import { Labelled } from "../ui/Number.tsx"
import { phone } from "../ui/Screen.ts"
import { strainSentence } from "../ui/Strain.ts"
import { duration, time } from "../ui/Time.ts"
import { showAccounts } from "./Accounts.tsx"
import { AccountSwitch } from "./AccountSwitch.tsx"
import { showKeys } from "./Keys.tsx"
import { SymbolSwitch } from "./SymbolSwitch.tsx"

export const Header = () => (
  <header class="panel top">
    <span class="logo">
      OUT<i>CRY</i>
    </span>
    <SymbolSwitch />
    <LastPrice />
    <Day />
    <span class="grow" />
    <AccountSwitch />
    {phone.value ? null : (
      <>
        <Switches />
        <Person />
      </>
    )}
  </header>
)

export const Switches = () => {
  const other = Preferences.theme.value === "dark" ? "Light theme" : "Dark theme"
  const blind = Preferences.colours.value === "blind"
  return (
    <span class="tools">
      <button type="button" class="icon" aria-label={other} title={other} onClick={Preferences.toggleTheme}>
        {Preferences.theme.value === "dark" ? "☀" : "☾"}
      </button>
      <button
        type="button"
        class={`icon ${blind ? "on" : ""}`}
        aria-label="Blue and orange instead of green and red"
        title="Blue and orange instead of green and red"
        aria-pressed={blind}
        onClick={Preferences.toggleColours}
      >
        ◐
      </button>
      <button
        type="button"
        class="icon wide-only"
        aria-label="Keys"
        title="Keys"
        onClick={() => (showKeys.value = true)}
      >
        <kbd>?</kbd>
      </button>
    </span>
  )
}

export const Person = () => (
  <span class="who">
    <span class="soft email" title={Session.user.value?.email}>
      {Session.user.value?.email}
    </span>
    <button type="button" class="link" onClick={() => (showAccounts.value = true)}>
      Accounts
    </button>
    <button type="button" class="link" onClick={Session.logOut}>
      Log out
    </button>
  </span>
)

const LastPrice = () => {
  const price = Market.price.value?.price
  const decimals = Market.instrument.value?.priceDecimals ?? 2
  return (
    <output
      class={`last num ${Market.direction.value ?? ""} ${Market.fresh.value ? "" : "stale"}`}
      aria-label="Last price"
      aria-live="off"
    >
      {typeof price === "string" ? Figure.fixed(price, decimals) : "–"}
    </output>
  )
}

const DAY_MILLIS = 86_400_000

const Day = () => {
  const facts = useComputed(() => {
    const candles = Market.day.value?.series.value.data?.candles ?? []
    const last = candles.at(-1)
    if (last === undefined) return undefined
    const within = candles.filter((candle) => candle.openTime > last.closeTime - DAY_MILLIS)
    const decimals = within.map((candle) => ({
      high: Money.decimal(candle.high),
      low: Money.decimal(candle.low),
      volume: Money.decimal(candle.volume)
    }))
    const first = within[0]!
    return {
      span: last.closeTime + 1 - first.openTime,
      open: Money.decimal(first.open),
      close: Money.decimal(last.close),
      high: decimals.map(({ high }) => high).reduce(Money.max),
      low: decimals.map(({ low }) => low).reduce(Money.min),
      volume: decimals.map(({ volume }) => volume).reduce(Money.add)
    }
  })
  const instrument = Market.instrument.value
  const day = facts.value
  if (day === undefined || instrument === undefined) return null
  const change = Money.subtract(day.close, day.open)
  const share = Money.isZero(day.open) ? Money.zero : Money.divide(change, day.open, 6)
  const price = (value: Money.Decimal) => Figure.grouped(Money.toFixed(value, instrument.priceDecimals))
  const span = duration(day.span)
  return (
    <span class={`day ${Market.fresh.value ? "" : "stale"}`}>
      <Labelled label={span} tone={Money.isZero(change) ? "" : Money.isPositive(change) ? "up" : "down"}>
        {Figure.signed(Money.multiply(share, Money.decimal("100")), 2)} %
      </Labelled>
      <Labelled label="High">{price(day.high)}</Labelled>
      <Labelled label="Low">{price(day.low)}</Labelled>
      <Labelled label="Volume">
        {Figure.grouped(Money.toFixed(day.volume, 2))} {instrument.baseAsset}
      </Labelled>
    </span>
  )
}

/** What must be read before trading: a notice of the desk, or a link that is down. */
export const Banner = () => {
  const notice = Market.badge.value?.notice
  const line =
    Connection.trouble.value ??
    (Connection.state.value === "waiting" ? "The link to the desk is down. Numbers are old; trying again." : undefined)
  const blind = Account.blind.value
  const stale = Market.stale.value
  const strain = Exchange.strain.value
  // Questions that wait are the desk's own: the bottom line tells of them.
  const held = strain?.kind === "shedding" && strain.what === "questions" ? undefined : strain
  if ([line, blind, stale, held].every((one) => one === undefined) && typeof notice !== "string") return null
  return (
    <div class="banner" role="alert">
      {typeof notice === "string" ? <span>{notice}</span> : null}
      {line === undefined ? null : <span>{line}</span>}
      {held === undefined ? null : <span data-testid="strain">{strainSentence(held)}</span>}
      {stale === undefined || line !== undefined ? null : (
        <span data-testid="stale">{stale} Market orders are refused until it is heard again.</span>
      )}
      {blind === undefined ? null : (
        <span data-testid="blind">
          The desk has not heard the exchange about your account since {time(blind.since)}: what you see may be old.
          Market orders are refused until it does; cancels and limit orders go through. {blind.reason}
        </span>
      )}
    </div>
  )
}

// The desk: every panel in its place; on a phone one place at a time, chosen by five tabs under the thumb.
import { signal } from "@preact/signals"
import { useEffect } from "preact/hooks"
import * as Market from "../store/Market.ts"
import * as Ticket from "../store/Ticket.ts"
import { phone } from "../ui/Screen.ts"
import { AccountsDialog, Warnings } from "./Accounts.tsx"
import { Blotter, type BlotterTab } from "./Blotter.tsx"
import { Book } from "./Book.tsx"
import { ChartPanel } from "./ChartPanel.tsx"
import { Footer } from "./Footer.tsx"
import { Banner, Header, Person, Switches } from "./Header.tsx"
import { Keys, onKey } from "./Keys.tsx"
import { Tape } from "./Tape.tsx"
import { Timeline } from "./Timeline.tsx"
import { TicketPanel } from "./Ticket.tsx"

const phoneTabs = {
  chart: ["◱", "Chart"],
  book: ["≣", "Book"],
  order: ["⇅", "Order"],
  positions: ["◎", "Positions"],
  orders: ["▤", "Orders"]
} as const
type PhoneTab = keyof typeof phoneTabs
const phoneTab = signal<PhoneTab>("chart")

const onPhone: Record<"positions" | "orders", ReadonlyArray<BlotterTab>> = {
  positions: ["positions", "balances"],
  orders: ["open", "history", "fills"]
}

export const Desk = () => {
  useEffect(() => {
    addEventListener("keydown", onKey)
    return () => removeEventListener("keydown", onKey)
  }, [])
  const tab = phoneTab.value
  return (
    <div class={`desk ${phone.value ? `phone on-${tab}` : "wide"}`}>
      <Header />
      <Banner />
      <Warnings />
      <main class="grid">
        <ChartPanel />
        <Book />
        {phone.value ? null : <Tape />}
        <TicketPanel />
        {phone.value ? (
          tab === "positions" || tab === "orders" ? (
            <Blotter place="blotter" among={onPhone[tab]} />
          ) : null
        ) : (
          <Blotter place="blotter" />
        )}
        {phone.value && tab === "positions" ? (
          <div class="panel you">
            <Person />
            <Switches />
          </div>
        ) : null}
        {phone.value && (tab === "chart" || tab === "book") ? <QuickSides /> : null}
      </main>
      <Footer />
      {phone.value ? <Tabs /> : null}
      <Keys />
      <AccountsDialog />
      <Timeline />
    </div>
  )
}

/** From the chart to a ticket with its side chosen, in one touch. */
const QuickSides = () => (
  <div class="quick">
    {(["BUY", "SELL"] as const).map((side) => (
      <button
        type="button"
        key={side}
        class={`go ${side === "BUY" ? "buy" : "sell"}`}
        onClick={() => {
          Ticket.choose(side)
          phoneTab.value = "order"
        }}
      >
        {side === "BUY" ? "Buy" : "Sell"} {Market.instrument.value?.baseAsset}
      </button>
    ))}
  </div>
)

const Tabs = () => (
  <nav class="panel thumbs" aria-label="Parts of the desk">
    {(Object.keys(phoneTabs) as ReadonlyArray<PhoneTab>).map((tab) => (
      <button
        type="button"
        key={tab}
        aria-current={tab === phoneTab.value ? "page" : undefined}
        class={tab === phoneTab.value ? "on" : ""}
        onClick={() => (phoneTab.value = tab)}
      >
        <span aria-hidden="true">{phoneTabs[tab][0]}</span>
        {phoneTabs[tab][1]}
      </button>
    ))}
  </nav>
)

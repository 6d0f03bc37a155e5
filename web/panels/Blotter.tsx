// What the account has, does and did: a tab for each.
import { signal } from "@preact/signals"
import * as Account from "../store/Account.ts"
import { Panel } from "../ui/Panel.tsx"
import { Balances } from "./Balances.tsx"
import { Fills } from "./Fills.tsx"
import { History } from "./History.tsx"
import { OpenOrders } from "./OpenOrders.tsx"
import { Positions } from "./Positions.tsx"

const tabs = {
  positions: { title: "Positions", show: Positions },
  open: { title: "Open orders", show: OpenOrders },
  history: { title: "History", show: History },
  fills: { title: "Fills", show: Fills },
  balances: { title: "Balances", show: Balances }
} as const
export type BlotterTab = keyof typeof tabs
export const chosenTab = signal<BlotterTab>("positions")

const countOf = (tab: BlotterTab): string => {
  const count =
    tab === "open"
      ? Account.openOrders.value.length
      : tab === "positions"
        ? Account.positions.value.filter(({ quantity }) => quantity !== "0").length
        : 0
  return count === 0 ? "" : ` ${count}`
}

/** `among`: on a phone the bottom tabs choose first, and only some of these remain. */
export const Blotter = ({ place, among }: { place: string; among?: ReadonlyArray<BlotterTab> }) => {
  const names = among ?? (Object.keys(tabs) as ReadonlyArray<BlotterTab>)
  const chosen = names.includes(chosenTab.value) ? chosenTab.value : names[0]!
  const Shown = tabs[chosen].show
  return (
    <Panel
      name={tabs[chosen].title}
      place={place}
      stale={Account.status.value === "stale"}
      head={
        <div class="tabs" role="tablist" aria-label="Account">
          {names.map((tab) => (
            <button
              type="button"
              role="tab"
              key={tab}
              aria-selected={tab === chosen}
              class={tab === chosen ? "on" : ""}
              onClick={() => (chosenTab.value = tab)}
            >
              {tabs[tab].title}
              {countOf(tab)}
            </button>
          ))}
        </div>
      }
    >
      <div class="scroll" role="tabpanel" tabIndex={0} aria-label={tabs[chosen].title}>
        <Shown />
      </div>
    </Panel>
  )
}

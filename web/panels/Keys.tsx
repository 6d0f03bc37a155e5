// The keys of the desk, and the page that lists them.
import { signal } from "@preact/signals"
import { useEffect, useRef } from "preact/hooks"
import * as Ticket from "../store/Ticket.ts"
import { searching } from "./SymbolSwitch.tsx"

export const showKeys = signal(false)

const keys: ReadonlyArray<readonly [key: string, does: string]> = [
  ["B", "Buy"],
  ["S", "Sell"],
  ["Enter", "Send the order, while the focus is in the ticket"],
  ["↑ ↓", "One tick or step in a field; with Shift ten"],
  ["/", "Find a symbol"],
  ["?", "This page"],
  ["Esc", "Close"]
]

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest("input, select, textarea") !== null

/** Letters are keys anywhere but in a text: prices and quantities have no letters, so there too. */
const isNumberField = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement && target.inputMode === "decimal"

const focusQuantity = () => document.querySelector<HTMLInputElement>('input[name="quantity"]')?.focus()

export const onKey = (event: KeyboardEvent): void => {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  if (event.key === "Escape") return void (showKeys.value = false)
  if (isTyping(event.target) && !isNumberField(event.target)) return
  switch (event.key.toLowerCase()) {
    case "b":
    case "s":
      Ticket.choose(event.key.toLowerCase() === "b" ? "BUY" : "SELL")
      if (!isNumberField(event.target)) focusQuantity()
      break
    case "/":
      searching.value = true
      break
    case "?":
      showKeys.value = !showKeys.value
      break
    default:
      return
  }
  event.preventDefault()
}

export const Keys = () => {
  const dialog = useRef<HTMLDialogElement>(null)
  const open = showKeys.value
  useEffect(() => {
    if (open) dialog.current?.showModal()
    else dialog.current?.close()
  }, [open])
  return (
    <dialog ref={dialog} class="panel keys" aria-label="Keys" onClose={() => (showKeys.value = false)}>
      <h2>Keys</h2>
      <dl>
        {keys.map(([key, does]) => (
          <div class="row" key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p class="soft small">
        Charts by{" "}
        <a href="https://www.tradingview.com/" target="_blank" rel="noopener noreferrer">
          TradingView Lightweight Charts
        </a>
      </p>
      <button type="button" class="go plain" autofocus onClick={() => (showKeys.value = false)}>
        Close
      </button>
    </dialog>
  )
}

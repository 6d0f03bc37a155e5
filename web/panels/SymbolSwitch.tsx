// The symbol, and a search for another one behind it. `/` opens it.
import { signal, useSignal } from "@preact/signals"
import { useEffect, useRef } from "preact/hooks"
import * as Market from "../store/Market.ts"
import type { SymbolView } from "../../src/contract/Http.ts"

export const searching = signal(false)
const SHOWN = 50

export const SymbolSwitch = () => {
  const now = Market.instrument.value
  return (
    <div class="symbol">
      <button
        type="button"
        class="sym"
        aria-haspopup="listbox"
        aria-expanded={searching.value}
        title="Change symbol (/)"
        onClick={() => (searching.value = !searching.value)}
      >
        {now === undefined ? "–" : `${now.baseAsset} / ${now.quoteAsset}`}
        {Market.stale.value === undefined ? null : (
          <span class="badge" title={Market.stale.value}>
            STALE
          </span>
        )}
        <span class="soft caret" aria-hidden="true">
          ▾
        </span>
      </button>
      {searching.value ? <Search /> : null}
    </div>
  )
}

const matching = (text: string): ReadonlyArray<SymbolView> => {
  const wanted = text.trim().toUpperCase().replaceAll("/", "")
  return (Market.symbols.value.data ?? []).filter(({ symbol }) => symbol.includes(wanted)).slice(0, SHOWN)
}

const close = () => (searching.value = false)

const pick = (symbol: SymbolView | undefined) => {
  if (symbol === undefined) return
  close()
  Market.select(symbol.symbol)
}

const Search = () => {
  const text = useSignal("")
  const marked = useSignal(0)
  const box = useRef<HTMLDivElement>(null)
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    input.current?.focus()
    const outside = (event: Event) => {
      if (event.target instanceof Element && event.target.closest(".symbol") === null) close()
    }
    addEventListener("pointerdown", outside)
    return () => removeEventListener("pointerdown", outside)
  }, [])
  const found = matching(text.value)
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Escape") close()
    else if (event.key === "Enter") pick(found[marked.value])
    else if (event.key === "ArrowDown") marked.value = Math.min(marked.value + 1, found.length - 1)
    else if (event.key === "ArrowUp") marked.value = Math.max(marked.value - 1, 0)
    else return
    event.preventDefault()
  }
  return (
    <div class="search panel" ref={box}>
      <input
        ref={input}
        type="search"
        aria-label="Find a symbol"
        placeholder="Find a symbol"
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value
          marked.value = 0
        }}
        onKeyDown={onKey}
      />
      <ul role="listbox" aria-label="Symbols">
        {found.map((symbol, index) => (
          <li key={symbol.symbol} role="option" aria-selected={index === marked.value}>
            <button type="button" tabIndex={-1} onClick={() => pick(symbol)}>
              <b>{symbol.baseAsset}</b> <span class="soft">/ {symbol.quoteAsset}</span>
            </button>
          </li>
        ))}
      </ul>
      {found.length === 0 ? <p class="soft small none">No such symbol is traded here.</p> : null}
    </div>
  )
}

// An open order's figures as they are typed anew, in its own line, and what will become of it.
import { useEffect, useRef } from "preact/hooks"
import type { OrderView } from "../../src/contract/Views.ts"
import * as Change from "../store/Change.ts"
import * as Draft from "../store/Draft.ts"

const formOf = ({ orderId }: OrderView): string => `change-${orderId}`

interface FieldProps {
  readonly order: OrderView
  readonly field: Change.Field
}

/** In a cell of its own: the form that it is of stands at the end of the line. */
export const ChangeField = ({ field, order }: FieldProps) => {
  const input = useRef<HTMLInputElement>(null)
  const isFirst = Change.fieldsOf(order, Change.symbolOf(order.symbol))[0] === field
  useEffect(() => {
    if (isFirst) input.current?.select()
  }, [])
  return (
    <input
      ref={input}
      class="change"
      form={formOf(order)}
      name={`new-${field}`}
      inputMode="decimal"
      autocomplete="off"
      maxLength={42}
      value={Change.open.value?.texts[field] ?? ""}
      aria-label={`New ${Draft.NAMES[field].toLowerCase()}, now ${order[field] ?? ""}`}
      onInput={(event) => Change.type(field, event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === "Escape") Change.close()
      }}
    />
  )
}

/** The price and the trigger, those that the order has. */
export const ChangedPrices = ({ order }: { order: OrderView }) => {
  const fields = Change.fieldsOf(order, Change.symbolOf(order.symbol))
  return (
    <>
      {fields.includes("price") ? <ChangeField order={order} field="price" /> : (order.price ?? "market")}
      {fields.includes("stopPrice") ? (
        <>
          <span class="soft small"> from </span>
          <ChangeField order={order} field="stopPrice" />
        </>
      ) : null}
    </>
  )
}

interface EntryProps {
  readonly order: OrderView
  readonly words: string
  readonly open: boolean
}

/** Begins a change; then sends it, and says beforehand what it does to the order's place in the book. */
export const ChangeEntry = ({ open, order, words }: EntryProps) =>
  open ? (
    <form
      id={formOf(order)}
      class="change-form"
      onSubmit={(event) => {
        event.preventDefault()
        void Change.send(order)
      }}
    >
      <Outcome order={order} />
      <button type="submit" class="link">
        Set
      </button>
      <button type="button" class="link" onClick={Change.close}>
        Keep
      </button>
    </form>
  ) : (
    <button type="button" class="link" aria-label={`Change ${words}`} onClick={() => Change.begin(order)}>
      Change
    </button>
  )

const Outcome = ({ order }: { order: OrderView }) => {
  const typed = Change.open.value
  if (typed === undefined) return null
  const wanted = Change.now(order, typed.texts)
  if (wanted.is === "same") return null
  const text =
    wanted.is === "wrong"
      ? wanted.why
      : wanted.is === "smaller"
        ? "It keeps its place in the queue"
        : "A new order, which queues anew"
  return (
    <span class={`small ${wanted.is === "wrong" ? "down" : "soft"}`} role="status" data-testid="change-outcome">
      {text}{" "}
    </span>
  )
}

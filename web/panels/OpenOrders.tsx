// Orders that can still change, each with its cancel.
import { useSignal } from "@preact/signals"
import { useEffect } from "preact/hooks"
import { triggersOnRise } from "../../src/domain/Order.ts"
import type { OrderView } from "../../src/contract/Views.ts"
import * as Account from "../store/Account.ts"
import * as Change from "../store/Change.ts"
import * as Connection from "../store/Connection.ts"
import * as Market from "../store/Market.ts"
import * as Orders from "../store/Orders.ts"
import * as Timelines from "../store/Timeline.ts"
import { TYPES } from "../store/Draft.ts"
import * as Figure from "../ui/Figure.ts"
import { Empty } from "../ui/Panel.tsx"
import { StatusPill } from "../ui/Pill.tsx"
import { Table } from "../ui/Table.tsx"
import { duration, time } from "../ui/Time.ts"
import { ChangedPrices, ChangeEntry, ChangeField } from "./ChangeOrder.tsx"

export const OpenOrders = () => {
  const orders = Account.openOrders.value
  if (Account.status.value === "loading") return <Empty what="Reading your orders…" />
  if (orders.length === 0) {
    return <Empty what="Working orders will be here.">Send a limit order away from the market and it rests here.</Empty>
  }
  return (
    <Table columns={["Symbol", "Side", "Type", "Price", "Quantity", "Filled", "Sent", "State", ""]}>
      {orders.map((order) => (
        <Line key={order.orderId} order={order} />
      ))}
    </Table>
  )
}

export const decimalsOf = (symbol: string) => {
  const instrument = Market.symbols.value.data?.find((traded) => traded.symbol === symbol)
  return { price: instrument?.priceDecimals ?? 2, quantity: instrument?.quantityDecimals ?? 0 }
}

export const SideWord = ({ side }: { side: OrderView["side"] }) => (
  <span class={side === "BUY" ? "up" : "down"}>{side === "BUY" ? "Buy" : "Sell"}</span>
)

/** The cells that say what was asked for: symbol, side, type, price. */
export const Asked = ({ order, changing }: { order: OrderView; changing?: boolean }) => (
  <>
    <td data-label="">
      <b>{order.symbol}</b>
    </td>
    <td data-label="Side">
      <SideWord side={order.side} />
    </td>
    <td data-label="Type" class="soft">
      {TYPES[order.type]} {order.timeInForce === "GTC" ? "" : order.timeInForce}
      <Together order={order} />
    </td>
    <td data-label="Price">
      {changing === true ? (
        <ChangedPrices order={order} />
      ) : (
        <>
          {order.price === null ? "market" : Figure.fixed(order.price, decimalsOf(order.symbol).price)}
          <Trigger order={order} />
        </>
      )}
    </td>
  </>
)

/** Which orders belong to which list, and what each is for. */
const Together = ({ order: { list, type } }: { order: OrderView }) => {
  if (list === undefined) return null
  const purpose =
    list.role === "working" ? "entry" : list.role === "pending" ? "then" : type.startsWith("STOP") ? "stop" : "profit"
  return (
    <span
      class="small together"
      data-testid="list"
      title={`Order list ${list.listId}: the ${list.role} order of an ${list.kind}`}
    >
      {" "}
      {list.kind} {list.listId.slice(-3)} · {purpose}
    </span>
  )
}

/** The price that starts a stop order, and whether it still waits for it. */
const Trigger = ({ order }: { order: OrderView }) => {
  if (order.isWorking === undefined) return null
  const { stopPrice, trailingDelta } = order
  const sign = triggersOnRise(order) ? "≥" : "≤"
  const price = stopPrice === undefined ? "" : ` ${sign} ${Figure.fixed(stopPrice, decimalsOf(order.symbol).price)}`
  const trail = trailingDelta === undefined ? "" : ` trailing ${trailingDelta} bp`
  return (
    <span class="soft small" data-testid="trigger">
      {" "}
      {order.isWorking ? "triggered" : "waits"}
      {price}
      {trail}
    </span>
  )
}

const Line = ({ order }: { order: OrderView }) => {
  const decimals = decimalsOf(order.symbol)
  const busy = order.status === "CANCELING" || Orders.cancelling.value.has(order.orderId)
  const words = `${order.side === "BUY" ? "buy" : "sell"} ${order.quantity} ${order.symbol}`
  const changeable = Change.isChangeable(order) && !busy
  const changing = changeable && Change.open.value?.orderId === order.orderId
  return (
    <tr data-testid="open-order" class={order.list === undefined ? "" : "linked"}>
      <Asked order={order} changing={changing} />
      <td data-label="Quantity">
        {changing ? <ChangeField order={order} field="quantity" /> : Figure.fixed(order.quantity, decimals.quantity)}
      </td>
      <td data-label="Filled">{Figure.fixed(order.executedQuantity, decimals.quantity)}</td>
      <td data-label="Sent" class="soft">
        {time(order.createdAt)}
      </td>
      <td data-label="State">
        <Story order={order} />
        {order.status === "UNKNOWN" ? <Since at={order.doubt?.since ?? order.updatedAt} /> : null}
      </td>
      <td data-label="">
        {changeable ? <ChangeEntry order={order} words={words} open={changing} /> : null}
        <button
          type="button"
          class="link down"
          disabled={busy}
          aria-label={order.list === undefined ? `Cancel ${words}` : `Cancel ${words} and the orders with it`}
          onClick={() => void Orders.cancel(order.orderId)}
        >
          {busy ? "Cancelling…" : order.list === undefined ? "Cancel" : "Cancel all"}
        </button>
      </td>
    </tr>
  )
}

/** How it stands; opens what happened to it. */
export const Story = ({ order }: { order: OrderView }) => (
  <>
    <button
      type="button"
      class="story-of"
      title="What happened to this order"
      aria-label={`${order.status}: what happened to ${order.side === "BUY" ? "buy" : "sell"} ${order.quantity} ${order.symbol}`}
      onClick={() => (Timelines.opened.value = order.orderId)}
    >
      <StatusPill status={order.status} />
    </button>
    {order.external === undefined ? null : (
      <span class="soft small" title="Placed at the exchange by somebody else">
        {" "}
        external
      </span>
    )}
  </>
)

/** An order in doubt says for how long, and what is being done. */
export const Since = ({ at }: { at: number }) => {
  const now = useSignal(Date.now())
  useEffect(() => {
    const timer = setInterval(() => (now.value = Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [])
  const waited = now.value + Connection.clockOffsetMillis.value - at
  return <span class="accent small"> {duration(waited)}, asking the exchange</span>
}

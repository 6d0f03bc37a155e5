// Orders that are over: what became of each, at what average price, and why.
import type { OrderView } from "../../src/contract/Views.ts"
import * as Account from "../store/Account.ts"
import * as Figure from "../ui/Figure.ts"
import { Empty } from "../ui/Panel.tsx"
import { More, Table } from "../ui/Table.tsx"
import { moment } from "../ui/Time.ts"
import { Asked, decimalsOf, Story } from "./OpenOrders.tsx"

export const History = () => {
  const orders = Account.history.value
  const status = Account.historyStatus.value
  if (orders.length === 0) {
    if (status.status === "loading") return <Empty what="Reading your order history…" />
    if (status.status === "failed") return <Empty what="Your order history could not be read.">{status.message}</Empty>
    return (
      <Empty what="Finished orders will be here.">Every order ends here, with its average price or the reason.</Empty>
    )
  }
  return (
    <>
      <Table columns={["Symbol", "Side", "Type", "Price", "Average", "Filled", "Sent", "State", "Reason"]}>
        {orders.map((order) => (
          <Line key={order.orderId} order={order} />
        ))}
      </Table>
      <More more={Account.moreHistory.value && orders.length >= 100} load={Account.loadOlderHistory} />
    </>
  )
}

const Line = ({ order }: { order: OrderView }) => {
  const decimals = decimalsOf(order.symbol)
  return (
    <tr data-testid="closed-order">
      <Asked order={order} />
      <td data-label="Average" data-testid="average">
        {order.averagePrice === null ? "–" : Figure.fixed(order.averagePrice, decimals.price)}
      </td>
      <td data-label="Filled">
        {Figure.fixed(order.executedQuantity, decimals.quantity)}
        <span class="soft"> / {Figure.fixed(order.quantity, decimals.quantity)}</span>
      </td>
      <td data-label="Sent" class="soft">
        {moment(order.createdAt)}
      </td>
      <td data-label="State">
        <Story order={order} />
      </td>
      <td data-label="Reason" class="reason" title={order.reason ?? ""}>
        {order.reason ?? ""}
      </td>
    </tr>
  )
}

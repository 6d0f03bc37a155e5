// Every execution, with what it cost.
import * as Account from "../store/Account.ts"
import * as Figure from "../ui/Figure.ts"
import { Empty } from "../ui/Panel.tsx"
import { More, Table } from "../ui/Table.tsx"
import { moment } from "../ui/Time.ts"
import { decimalsOf, SideWord } from "./OpenOrders.tsx"

export const Fills = () => {
  const { status, data: fills = [], message } = Account.fills.value
  if (fills.length === 0) {
    if (status === "loading") return <Empty what="Reading your fills…" />
    if (status === "failed") return <Empty what="Your fills could not be read.">{message}</Empty>
    return <Empty what="Your fills will be here.">Each execution of an order adds one, with its fee.</Empty>
  }
  return (
    <>
      <Table columns={["Symbol", "Side", "Price", "Quantity", "Fee", "Role", "Time"]}>
        {fills.map((fill) => (
          <tr key={`${fill.symbol}:${fill.tradeId}`} data-testid="fill">
            <td data-label="">
              <b>{fill.symbol}</b>
            </td>
            <td data-label="Side">
              <SideWord side={fill.side} />
            </td>
            <td data-label="Price">{Figure.fixed(fill.price, decimalsOf(fill.symbol).price)}</td>
            <td data-label="Quantity">{Figure.fixed(fill.quantity, decimalsOf(fill.symbol).quantity)}</td>
            <td data-label="Fee" class="soft">
              {Figure.plain(fill.fee, 8)} {fill.feeAsset}
            </td>
            <td data-label="Role" class="soft">
              {fill.liquidity}
            </td>
            <td data-label="Time" class="soft">
              {moment(fill.at)}
            </td>
          </tr>
        ))}
      </Table>
      <More more={Account.moreFills.value && fills.length >= 100} load={Account.loadOlderFills} />
    </>
  )
}

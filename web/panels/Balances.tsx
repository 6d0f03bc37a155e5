// What the account owns: free to use, held by its own orders, and both together.
import * as Account from "../store/Account.ts"
import * as Figure from "../ui/Figure.ts"
import { Empty } from "../ui/Panel.tsx"
import { Table } from "../ui/Table.tsx"

export const Balances = () => {
  const balances = Account.balances.value
  if (Account.status.value === "loading") return <Empty what="Reading your balances…" />
  if (balances.length === 0) {
    return <Empty what="Your balances will be here.">A new paper account is filled when its first order arrives.</Empty>
  }
  return (
    <Table columns={["Asset", "Free", "Held in orders", "Total"]}>
      {balances.map((balance) => (
        <tr key={balance.asset} data-testid={`balance-${balance.asset}`}>
          <td data-label="">
            <b>{balance.asset}</b>
          </td>
          <td data-label="Free" data-testid="free">
            {Figure.plain(balance.free, 8)}
          </td>
          <td data-label="Held in orders" class={balance.held === "0" ? "soft" : ""}>
            {Figure.plain(balance.held, 8)}
          </td>
          <td data-label="Total" data-testid="total">
            {Figure.plain(balance.total, 8)}
          </td>
        </tr>
      ))}
    </Table>
  )
}

// What is owned of each symbol through trading here, what it cost, and what it is worth right now.
import * as Money from "../../src/domain/Money.ts"
import * as Position from "../../src/domain/Position.ts"
import type { PositionView } from "../../src/contract/Views.ts"
import * as Account from "../store/Account.ts"
import * as Market from "../store/Market.ts"
import * as Figure from "../ui/Figure.ts"
import { Empty } from "../ui/Panel.tsx"
import { Table } from "../ui/Table.tsx"

export const Positions = () => {
  const positions = Account.positions.value
  if (Account.status.value === "loading") return <Empty what="Reading your positions…" />
  if (positions.length === 0) {
    return (
      <Empty what="Your positions will be here.">Buy something: choose a quantity in the ticket and send it.</Empty>
    )
  }
  return (
    <Table columns={["Symbol", "Size", "Entry", "Mark", "Unrealised", "Realised", "Fees"]}>
      {positions.map((position) => (
        <Line key={position.symbol} position={position} />
      ))}
    </Table>
  )
}

/** Profit of the open quantity at `mark`, by the contract's own formula: quantity × mark − cost. */
const unrealisedAt = (position: PositionView, mark: string): Money.Decimal =>
  Position.unrealised(
    {
      symbol: position.symbol,
      quantity: Money.decimal(position.quantity),
      cost: Money.decimal(position.cost),
      realised: Money.zero,
      fees: {}
    },
    Money.decimal(mark)
  )

const Line = ({ position }: { position: PositionView }) => {
  const price = Market.priceOf(position.symbol).value
  const instrument = Market.symbols.value.data?.find(({ symbol }) => symbol === position.symbol)
  const decimals = instrument?.priceDecimals ?? 2
  const flat = position.quantity === "0"
  const mark = price?.price
  return (
    <tr data-testid={`position-${position.symbol}`}>
      <td data-label="">
        <b>{position.symbol}</b>
      </td>
      <td data-label="Size" data-testid="position-size">
        {flat ? "–" : Figure.fixed(position.quantity, sizeDecimals(position, instrument?.quantityDecimals))}
      </td>
      <td data-label="Entry">{position.averageEntry === null ? "–" : Figure.fixed(position.averageEntry, decimals)}</td>
      <td data-label="Mark" class={Market.fresh.value && price?.synced !== false ? "" : "stale"}>
        {typeof mark === "string" ? Figure.fixed(mark, decimals) : "–"}
      </td>
      <td data-label="Unrealised">
        {flat || typeof mark !== "string" ? "–" : <Profit value={unrealisedAt(position, mark)} />}
      </td>
      <td data-label="Realised">
        <Profit value={Money.decimal(position.realised)} />
      </td>
      <td data-label="Fees" class="soft">
        {Object.entries(position.fees)
          .filter(([, fee]) => fee !== "0")
          .map(([asset, fee]) => `${Figure.plain(fee, 8)} ${asset}`)
          .join(" · ") || "–"}
      </td>
    </tr>
  )
}

/** A commission taken in the base asset leaves sizes finer than the step: then all of it is shown, or the size would be a lie. */
const sizeDecimals = ({ quantity }: PositionView, step = 0): number =>
  Math.max(step, Money.decimalsOf(Money.decimal(quantity)))

const Profit = ({ value }: { value: Money.Decimal }) => {
  const text = Figure.signed(value, 2)
  return <span class={text.startsWith("+") ? "up" : text.startsWith("−") ? "down" : ""}>{text}</span>
}

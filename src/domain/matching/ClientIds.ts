// A seat's open orders by client id and by number. Every command brings an id that was never seen, and a Map spends four times as long on the first
// sight of a text as this table does. It holds no more orders than MAX_NUM_ORDERS allows, so clashing ids cost no more than that.
import type { OpenOrder } from "./OpenOrder.ts"

const FIRST_SLOTS = 16
/** A 32-bit odd constant without structure: the golden ratio's. */
const SPREAD = 0x9e3779b1

/** Never zero: that stands for a gap. */
const hashOf = (id: string): number => {
  let hash = id.length
  for (let index = 0; index < id.length; index++) hash = Math.imul(hash ^ id.charCodeAt(index), SPREAD)
  hash ^= hash >>> 15
  return hash === 0 ? 1 : hash
}

/**
 * Open addressing, at most half full; a gap ends a search. Hashes lie side by side, so a search rarely looks at an order. So do numbers:
 * a few hundred are read through faster than an index of its own would pay for itself when orders come and go.
 */
export class ClientIds {
  private hashes = new Int32Array(FIRST_SLOTS)
  /** Zero in a gap: order ids begin at one. */
  private numbers = new Float64Array(FIRST_SLOTS)
  private orders: Array<OpenOrder | undefined> = blank(FIRST_SLOTS)
  size = 0

  get(id: string): OpenOrder | undefined {
    return this.orders[this.find(id, hashOf(id))]
  }

  numbered(orderId: number): OpenOrder | undefined {
    if (orderId === 0) return undefined
    const slot = this.numbers.indexOf(orderId)
    return slot === -1 ? undefined : this.orders[slot]
  }

  has(id: string): boolean {
    return this.get(id) !== undefined
  }

  add(order: OpenOrder): void {
    if (this.size * 2 >= this.hashes.length) this.grow()
    const hash = hashOf(order.clientOrderId)
    const slot = this.find(order.clientOrderId, hash)
    if (this.hashes[slot] !== 0) throw new Error(`client id ${order.clientOrderId} is open twice`)
    this.hashes[slot] = hash
    this.numbers[slot] = order.orderId
    this.orders[slot] = order
    this.size++
  }

  delete(order: OpenOrder): void {
    const { hashes, numbers, orders } = this
    const mask = hashes.length - 1
    let gap = this.find(order.clientOrderId, hashOf(order.clientOrderId))
    if (orders[gap] !== order) throw new Error(`client id ${order.clientOrderId} is not open`)
    this.size--
    // What was pushed past the gap moves up, so that searches still meet no gap before it.
    for (let next = (gap + 1) & mask; hashes[next] !== 0; next = (next + 1) & mask) {
      const home = hashes[next]! & mask
      if (((next - home) & mask) < ((next - gap) & mask)) continue
      hashes[gap] = hashes[next]!
      numbers[gap] = numbers[next]!
      orders[gap] = orders[next]
      gap = next
    }
    hashes[gap] = 0
    numbers[gap] = 0
    orders[gap] = undefined
  }

  /** In no particular order. */
  all(): Array<OpenOrder> {
    return this.orders.filter((order) => order !== undefined)
  }

  /** Where the id is, or the gap where it would be. */
  private find(id: string, hash: number): number {
    const { hashes } = this
    const mask = hashes.length - 1
    let slot = hash & mask
    while (hashes[slot] !== 0) {
      if (hashes[slot] === hash && this.orders[slot]!.clientOrderId === id) return slot
      slot = (slot + 1) & mask
    }
    return slot
  }

  private grow(): void {
    const orders = this.all()
    const slots = this.hashes.length * 2
    this.hashes = new Int32Array(slots)
    this.numbers = new Float64Array(slots)
    this.orders = blank(slots)
    this.size = 0
    for (const order of orders) this.add(order)
  }
}

const blank = (slots: number): Array<OpenOrder | undefined> => Array.from({ length: slots }, () => undefined)

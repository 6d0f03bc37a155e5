// What the exchange has of one account, read by a Binance client that shares no code with the desk.
import { createHmac } from "node:crypto"

export interface ExchangeOrder {
  readonly orderId: number
  readonly clientOrderId: string
  readonly status: string
  readonly origQty: string
  readonly executedQty: string
}

export interface ExchangeTrade {
  readonly id: number
  readonly symbol: string
  readonly orderId: number
  readonly price: string
  readonly qty: string
  readonly commission: string
  readonly commissionAsset: string
}

export interface ExchangeBalance {
  readonly asset: string
  readonly free: string
  readonly locked: string
}

export interface Keys {
  readonly apiKey: string
  readonly secret: string
}

const PAGE = 1_000

export class Ledger {
  /** Every order ever seen, by the exchange's symbol and id. */
  readonly orders = new Map<string, ExchangeOrder>()
  readonly trades = new Map<string, ExchangeTrade>()
  balances: ReadonlyArray<ExchangeBalance> = []
  readonly #url: string
  readonly #keys: Keys
  readonly #symbols: ReadonlyArray<string>
  /** By symbol, from where on something may have changed. */
  readonly #from = new Map<string, { orderId: number; tradeId: number }>()

  constructor(url: string, keys: Keys, symbols: ReadonlyArray<string>) {
    this.#url = url
    this.#keys = keys
    this.#symbols = symbols
  }

  async call<Body>(
    method: string,
    path: string,
    params: Readonly<Record<string, string | number>> = {}
  ): Promise<Body> {
    // The exchange's clock may be off on purpose.
    const time = await fetch(`${this.#url}/api/v3/time`, { signal: AbortSignal.timeout(15_000) })
    const { serverTime } = (await time.json()) as { readonly serverTime: number }
    const query = new URLSearchParams(
      Object.entries({ ...params, timestamp: serverTime }).map(([k, v]) => [k, String(v)])
    )
    const signature = createHmac("sha256", this.#keys.secret).update(query.toString()).digest("hex")
    const response = await fetch(`${this.#url}${path}?${query.toString()}&signature=${signature}`, {
      method,
      headers: { "X-MBX-APIKEY": this.#keys.apiKey },
      signal: AbortSignal.timeout(15_000)
    })
    const body: unknown = await response.json()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(body)}`)
    return body as Body
  }

  /** Reads what may have changed since the last time. */
  async read(): Promise<void> {
    for (const symbol of this.#symbols) {
      const from = this.#from.get(symbol) ?? { orderId: 0, tradeId: 0 }
      this.#from.set(symbol, from)
      await this.#readOrders(symbol, from)
      await this.#readTrades(symbol, from)
    }
    const { balances } = await this.call<{ balances: ReadonlyArray<ExchangeBalance> }>("GET", "/api/v3/account")
    this.balances = balances
  }

  async #readOrders(symbol: string, from: { orderId: number }): Promise<void> {
    let next = from.orderId
    let oldestOpen: number | undefined
    while (true) {
      const page = await this.call<ReadonlyArray<ExchangeOrder>>("GET", "/api/v3/allOrders", {
        symbol,
        orderId: next,
        limit: PAGE
      })
      for (const order of page) {
        this.orders.set(`${symbol} ${order.orderId}`, order)
        if (["NEW", "PARTIALLY_FILLED", "PENDING_NEW"].includes(order.status)) oldestOpen ??= order.orderId
        next = order.orderId + 1
      }
      if (page.length < PAGE) break
    }
    from.orderId = oldestOpen ?? next
  }

  async #readTrades(symbol: string, from: { tradeId: number }): Promise<void> {
    while (true) {
      const page = await this.call<ReadonlyArray<ExchangeTrade>>("GET", "/api/v3/myTrades", {
        symbol,
        fromId: from.tradeId,
        limit: PAGE
      })
      for (const trade of page) {
        this.trades.set(`${symbol} ${trade.id}`, trade)
        from.tradeId = trade.id + 1
      }
      if (page.length < PAGE) return
    }
  }
}

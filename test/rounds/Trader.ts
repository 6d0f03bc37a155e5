// A person who trades through the desk as fast as it answers, and repeats with the same key what was not answered.
import * as Client from "../kit/Client.ts"
import type { Dice } from "../sim/Dice.ts"

export const SYMBOLS = ["BTCUSDT", "ETHUSDT"]

/** A request under its Idempotency-Key. `orderId` once it was answered. */
interface Request {
  readonly key: string
  readonly method: "POST" | "DELETE"
  readonly path: string
  readonly body?: object
  orderId?: string
}

const LANES = 8

export class Trader {
  readonly email: string
  /** Order ids that were answered PENDING, ever. */
  readonly answered = new Set<string>()
  token = ""
  /** How often requests of this round were refused, by code. */
  readonly refusals = new Map<string, number>()
  /** Of this round. */
  requests: Array<Request> = []
  readonly #dice: Dice
  #sent = 0
  #url = ""
  #prices: Readonly<Record<string, string>> = {}

  constructor(email: string, dice: Dice) {
    this.email = email
    this.#dice = dice
  }

  get unanswered(): ReadonlyArray<Request> {
    return this.requests.filter(({ orderId }) => orderId === undefined)
  }

  async meet(url: string, register?: { readonly apiKey: string; readonly secret: string }): Promise<void> {
    this.#url = url
    const credentials = { email: this.email, password: "correct horse battery" }
    const [path, body] =
      register === undefined
        ? ["/auth/login", credentials]
        : ["/auth/register", { ...credentials, binanceApiKey: register.apiKey, binanceSecretKey: register.secret }]
    const answer = await Client.call<{ token: string }>(url, "POST", path, { body })
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    this.token = answer.body.token
    const prices = await Promise.all(SYMBOLS.map((symbol) => Client.lastPrice(url, symbol)))
    this.#prices = Object.fromEntries(SYMBOLS.map((symbol, index) => [symbol, prices[index] ?? "0"]))
  }

  /** On several lanes, until the desk is gone. */
  async trade(onAnswer: () => void): Promise<void> {
    this.requests = []
    this.refusals.clear()
    await Promise.all(Array.from({ length: LANES }, () => this.#lane(onAnswer)))
  }

  async #lane(onAnswer: () => void): Promise<void> {
    while (true) {
      const request = this.#next()
      this.requests.push(request)
      if (!(await this.send(request))) return
      onAnswer()
    }
  }

  /** False where no answer came. */
  async send(request: Request): Promise<boolean> {
    const { body, key, method, path } = request
    const options = { token: this.token, key, ...(body === undefined ? {} : { body }) }
    const answer = await Client.call<{ orderId: string; error?: { code: string } }>(
      this.#url,
      method,
      path,
      options
    ).catch(() => undefined)
    if (answer === undefined) return false
    if (answer.status >= 500) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    const orderId = answer.status < 300 ? answer.body.orderId : ""
    if (request.orderId !== undefined && request.orderId !== orderId) {
      throw new Error(`${key} was answered with ${request.orderId}, and then with ${orderId} (${answer.status})`)
    }
    request.orderId = orderId
    const code = answer.body.error?.code ?? ""
    if (orderId === "") this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1)
    else this.answered.add(orderId)
    return true
  }

  /** What was not answered, and some of what was: it must be the same again. */
  async repeat(): Promise<void> {
    const again = this.requests.filter(
      ({ orderId }) => orderId === undefined || (orderId !== "" && this.#dice.chance(0.2))
    )
    for (const request of again)
      if (!(await this.send(request))) throw new Error("the desk is gone while nobody kills it")
  }

  /** So many limit orders that rest far from the market. */
  async rest(count: number): Promise<void> {
    for (let n = 0; n < count; n++) {
      const request = this.#order({ ...this.#limit(n % 2 === 0 ? 95n : 94n, "BUY"), timeInForce: "GTC" })
      if (!(await this.send(request)) || request.orderId === "") throw new Error("a resting order was refused")
    }
  }

  #next(): Request {
    const own = this.requests.filter(({ method, orderId }) => method === "POST" && (orderId ?? "") !== "")
    if (own.length > 0 && this.#dice.chance(0.3)) {
      const key = `${this.email.split("@")[0]}-${this.#sent++}`
      const chosen = own[this.#dice.below(own.length)]
      return { key, method: "DELETE", path: `/api/trading/orders/${chosen?.orderId}` }
    }
    const side = this.#dice.chance(0.5) ? "BUY" : "SELL"
    switch (this.#dice.below(4)) {
      case 0:
        return this.#order({ symbol: this.#symbol(), side, type: "MARKET", quantity: this.#quantity() })
      case 1:
        return this.#order({ ...this.#limit(100n, side), timeInForce: "IOC" })
      default:
        return this.#order({ ...this.#limit(side === "BUY" ? 95n : 105n, side), timeInForce: "GTC" })
    }
  }

  #order(body: object): Request {
    return { key: `${this.email.split("@")[0]}-${this.#sent++}`, method: "POST", path: "/api/trading/orders", body }
  }

  #limit(percent: bigint, side: string) {
    const symbol = this.#symbol()
    const price = ((BigInt(this.#prices[symbol] ?? "0") * percent) / 100n).toString()
    return { symbol, side, type: "LIMIT", quantity: this.#quantity(), price }
  }

  #symbol = (): string => SYMBOLS[this.#dice.below(SYMBOLS.length)] ?? ""
  #quantity = (): string => `0.0${1 + this.#dice.below(9)}`
}

// A program that uses the desk over HTTP as any other would.
import type { CandleView, FillView, OrderView, BalanceView, PositionView } from "../../src/contract/Views.ts"

export interface Answer<Body> {
  readonly status: number
  readonly headers: Headers
  readonly body: Body
}

export interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string; readonly fields?: Record<string, string> }
}

export const call = async <Body = unknown>(
  url: string,
  method: string,
  path: string,
  options: { readonly token?: string; readonly body?: unknown; readonly raw?: string; readonly key?: string } = {}
): Promise<Answer<Body>> => {
  const payload = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body))
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(payload === undefined ? {} : { "content-type": "application/json" }),
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
      ...(options.key === undefined ? {} : { "idempotency-key": options.key })
    },
    ...(payload === undefined ? {} : { body: payload })
  })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    body: (text === "" ? undefined : JSON.parse(text)) as Body
  }
}

/** Logs in, or registers where the email is new. */
export const signIn = async (url: string, email: string): Promise<string> => {
  const body = { email, password: "correct horse battery" }
  const known = await call<{ token: string }>(url, "POST", "/auth/login", { body })
  if (known.status === 200) return known.body.token
  const fresh = await call<{ token: string }>(url, "POST", "/auth/register", { body })
  if (fresh.status !== 201) throw new Error(`register: ${fresh.status} ${JSON.stringify(fresh.body)}`)
  return fresh.body.token
}

const get = async <Body>(url: string, token: string, path: string): Promise<Body> => {
  const answer = await call<Body>(url, "GET", path, { token })
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body
}

const PAGE = 500

export const allOrders = async (url: string, token: string): Promise<ReadonlyArray<OrderView>> => {
  const all: Array<OrderView> = []
  while (true) {
    const before = all.at(-1)?.orderId
    const { orders } = await get<{ orders: ReadonlyArray<OrderView> }>(
      url,
      token,
      `/api/trading/orders?state=all&limit=${PAGE}${before === undefined ? "" : `&before=${before}`}`
    )
    all.push(...orders)
    if (orders.length < PAGE) return all
  }
}

export const allTrades = async (url: string, token: string): Promise<ReadonlyArray<FillView>> => {
  const all: Array<FillView> = []
  while (true) {
    const before = all.at(-1)?.seq
    const { trades } = await get<{ trades: ReadonlyArray<FillView> }>(
      url,
      token,
      `/api/trading/trades?limit=${PAGE}${before === undefined ? "" : `&beforeSeq=${before}`}`
    )
    all.push(...trades)
    if (trades.length < PAGE) return all
  }
}

export const balances = async (url: string, token: string) =>
  (await get<{ balances: ReadonlyArray<BalanceView> }>(url, token, "/api/trading/balances")).balances

export const positions = async (url: string, token: string) =>
  (await get<{ positions: ReadonlyArray<PositionView> }>(url, token, "/api/trading/positions")).positions

export const candles = async (url: string, symbol: string, interval: string) =>
  (
    await get<{ candles: ReadonlyArray<CandleView> }>(
      url,
      "",
      `/api/market/klines?symbol=${symbol}&interval=${interval}`
    )
  ).candles

/** The last price, cut to whole units: a price that is on any instrument's tick. */
export const lastPrice = async (url: string, symbol: string): Promise<string> => {
  const { body } = await eventually(
    () => call<{ price: string | null }>(url, "GET", `/api/market/price?symbol=${symbol}`),
    (answer) => answer.status === 200 && answer.body.price !== null
  )
  return (body.price ?? "").split(".")[0] ?? ""
}

/** Asks again until the answer is the wanted one. Bounded by the test's own timeout. */
export const eventually = async <A>(ask: () => Promise<A>, wanted: (answer: A) => boolean): Promise<A> => {
  while (true) {
    const answer = await ask()
    if (wanted(answer)) return answer
  }
}

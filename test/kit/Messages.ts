// Complete messages for tests that pass some through, and do not care which.
import type { AccountUpdate } from "../../src/domain/Account.ts"
import type { Envelope } from "../../src/domain/Command.ts"
import type { ExchangeState } from "../../src/domain/ExchangeState.ts"
import { AccountId, ClientOrderId, CommandId, OrderId, UserId } from "../../src/domain/Ids.ts"
import type { MarketUpdate } from "../../src/domain/MarketUpdate.ts"
import { decimal } from "../../src/domain/Money.ts"
import type { Intent } from "../../src/domain/Order.ts"

let last = 0
/** An id nobody else has in this test run. */
export const freshId = (prefix: string): string => `${prefix}-${process.pid}-${++last}`
export const freshAccount = (): AccountId => AccountId.make(freshId("account"))

const START = 1_700_000_000_000
const TRACE = "0af7651916cd43dd8448eb211c80319c"
const intent: Intent = {
  type: "LIMIT",
  symbol: "BTCUSDT",
  side: "BUY",
  quantity: decimal("0.01"),
  price: decimal("61234.56"),
  timeInForce: "GTC"
}

/** The account's nth command: places an order. */
export const envelope = (accountId: AccountId, n = 1): Envelope => ({
  commandId: CommandId.make(`command-${n}`),
  accountId,
  userId: UserId.make("user-1"),
  at: START + n,
  traceId: TRACE,
  command: { _tag: "PlaceOrder", orderId: OrderId.make(`order-${n}`), intent }
})

/** An account update with every part it can have. */
export const accountUpdate = (accountId: AccountId, seq: number): AccountUpdate => {
  const orderId = OrderId.make("0191b2c3-0000-7000-8000-000000000001")
  const fill = {
    tradeId: `trade-${seq}`,
    price: decimal("61234.56"),
    quantity: decimal("0.004"),
    fee: decimal("0.000004"),
    feeAsset: "BTC",
    liquidity: "taker",
    at: START
  } as const
  return {
    accountId,
    seq,
    at: START + seq,
    traceId: TRACE,
    event: { _tag: "OrderFilled", orderId, fill },
    order: {
      orderId,
      clientOrderId: ClientOrderId.make("oc0191b2c3"),
      userId: UserId.make("user-1"),
      exchangeOrderId: "42",
      intent,
      status: "PARTIALLY_FILLED",
      executedQuantity: decimal("0.004"),
      executedQuote: decimal("244.93824"),
      hold: { asset: "USDT", amount: decimal("367.40736") },
      tradeIds: [fill.tradeId],
      flights: [
        { call: "amend", sentAt: START, quantity: decimal("0.008"), doubt: { since: START + 5, reason: "No answer." } }
      ],
      resolution: {
        call: "submit",
        since: START,
        reason: "No answer.",
        at: START + 1,
        how: "query",
        found: "working"
      },
      external: "LIMIT_MAKER",
      createdAt: START,
      updatedAt: START + seq
    },
    balances: [{ asset: "USDT", free: decimal("99387.65"), held: decimal("367.40736") }],
    position: {
      symbol: "BTCUSDT",
      quantity: decimal("0.003996"),
      cost: decimal("244.69330176"),
      realised: decimal("-0.24493824"),
      fees: { BTC: decimal("0.000004") }
    },
    blind: { since: START, reason: "The stream was cut." }
  }
}

/** The symbol's nth trade, of n lots. */
export const trade = (symbol: string, n: number): MarketUpdate => ({
  _tag: "Trade",
  trade: { symbol, tradeId: `trade-${n}`, ticks: 6_123_456, lots: n, takerSide: "BUY", at: START + n }
})

/** How an executor stands with Binance's testnet. */
export const exchangeState: ExchangeState = {
  environment: "testnet",
  at: START,
  clockOffsetMillis: -12,
  weight: { used: 120, limit: 6_000, resetsAt: START + 30_000 },
  orderLimits: { tenSeconds: 100, day: 200_000 },
  orders: [{ accountId: AccountId.make("ann"), tenSeconds: 3, day: 40, stoppedUntil: START + 5_000 }],
  lanes: [
    { lane: "cancel", waiting: 0, shed: 0 },
    { lane: "read", waiting: 2, shed: 7, lastShedAt: START - 1_000 }
  ],
  stoppedUntil: START + 60_000,
  bannedUntil: START + 60_000
}

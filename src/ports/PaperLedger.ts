// The paper exchange's own books, apart from the desk's journal: a crash of the desk finds them as a real exchange's would be.
import { Context, Effect, Layer, Option, Schema } from "effect"
import { Balance } from "../domain/Balance.ts"
import { Fill } from "../domain/Fill.ts"
import { AccountId, ClientOrderId } from "../domain/Ids.ts"
import { Intent } from "../domain/Order.ts"

export class PaperLedgerError extends Schema.TaggedError<PaperLedgerError>()("PaperLedgerError", {
  message: Schema.String
}) {}

export const PaperOrder = Schema.Struct({
  accountId: AccountId,
  clientOrderId: ClientOrderId,
  /** Increases over all accounts. */
  exchangeOrderId: Schema.Int,
  intent: Intent,
  status: Schema.Literals(["NEW", "PARTIALLY_FILLED", "FILLED", "CANCELED", "EXPIRED", "REJECTED"]),
  fills: Schema.Array(Fill),
  /** Epoch milliseconds. */
  createdAt: Schema.Finite,
  updatedAt: Schema.Finite
})
export type PaperOrder = typeof PaperOrder.Type

export const PaperAccount = Schema.Struct({ accountId: AccountId, balances: Schema.Array(Balance) })
export type PaperAccount = typeof PaperAccount.Type

export interface PaperCommit {
  readonly orders: ReadonlyArray<PaperOrder>
  readonly accounts: ReadonlyArray<PaperAccount>
  /** The highest order or trade id used so far. */
  readonly lastId: number
}

export class PaperLedger extends Context.Service<
  PaperLedger,
  {
    /** All or nothing, durable when it returns. Rows replace earlier ones of the same key. */
    readonly commit: (commit: PaperCommit) => Effect.Effect<void, PaperLedgerError>
    /** What a start needs: the orders still open, and where the ids stand. Does not grow with history. */
    readonly load: Effect.Effect<
      { readonly openOrders: ReadonlyArray<PaperOrder>; readonly lastId: number },
      PaperLedgerError
    >
    readonly account: (accountId: AccountId) => Effect.Effect<Option.Option<PaperAccount>, PaperLedgerError>
    /** The newest order under that client id, open or closed. */
    readonly order: (
      accountId: AccountId,
      clientOrderId: ClientOrderId
    ) => Effect.Effect<Option.Option<PaperOrder>, PaperLedgerError>
  }
>()("outcry/ports/PaperLedger") {
  /** For tests: the whole history in memory, gone with the process. */
  static readonly layerMemory = Layer.effect(
    PaperLedger,
    Effect.sync(() => makeMemory())
  )
}

/** Whether an order can still change. */
export const isOpen = (order: PaperOrder): boolean => order.status === "NEW" || order.status === "PARTIALLY_FILLED"

const keyOf = (accountId: AccountId, clientOrderId: ClientOrderId) => `${accountId} ${clientOrderId}`

const makeMemory = (): PaperLedger["Service"] => {
  const orders = new Map<number, PaperOrder>()
  const newest = new Map<string, number>()
  const accounts = new Map<AccountId, PaperAccount>()
  let lastId = 0
  return {
    commit: (commit) =>
      Effect.sync(() => {
        for (const order of commit.orders) {
          orders.set(order.exchangeOrderId, order)
          const named = keyOf(order.accountId, order.clientOrderId)
          newest.set(named, Math.max(newest.get(named) ?? 0, order.exchangeOrderId))
        }
        for (const account of commit.accounts) accounts.set(account.accountId, account)
        lastId = Math.max(lastId, commit.lastId)
      }),
    load: Effect.sync(() => ({
      openOrders: [...orders.values()].filter(isOpen).toSorted((a, b) => a.exchangeOrderId - b.exchangeOrderId),
      lastId
    })),
    account: (accountId) => Effect.sync(() => Option.fromUndefinedOr(accounts.get(accountId))),
    order: (accountId, clientOrderId) =>
      Effect.sync(() => Option.fromUndefinedOr(orders.get(newest.get(keyOf(accountId, clientOrderId)) ?? -1)))
  }
}

// Accounts: what they have, money in and out, and a fresh start. Every change is a command of the engine, so that the journal stays true.
import { Effect, Schema } from "effect"
import type { Order } from "../../../domain/matching/Order.ts"
import { priceGrid, quantityGrid, toText } from "../../../domain/Units.ts"
import { Venue, type VenueCommand } from "../Venue.ts"
import { VenueState } from "../VenueState.ts"
import { AmountText, Asset, Balances, textOf } from "./Amounts.ts"
import { decode, jsonBody, ofVenue, refuse } from "./Refusal.ts"
import type { Route } from "./Route.ts"

const Deposit = Schema.Struct({
  asset: Asset,
  amount: AmountText.check(Schema.makeFilter((amount) => amount !== 0n || "Expected something to move"))
})
const Reset = Schema.Struct({ balances: Balances })

/** How often a reset takes away the orders that somebody places meanwhile. */
const CANCEL_ROUNDS = 5

export const accountRoutes = Effect.gen(function* () {
  const venue = yield* Venue
  const state = yield* VenueState
  const execute = (command: VenueCommand) => Effect.mapError(venue.execute(command), ofVenue)

  const orderView = (order: Order) => {
    const instrument = venue.listings.get(order.symbol)?.instrument
    if (instrument === undefined) return { symbol: order.symbol, orderId: order.orderId }
    const lots = (count: number) => toText(count, quantityGrid(instrument))
    return {
      symbol: order.symbol,
      orderId: order.orderId,
      clientOrderId: order.clientOrderId,
      side: order.side,
      type: order.type,
      status: order.status,
      price: toText(order.ticks, priceGrid(instrument)),
      quantity: lots(order.lots),
      executed: lots(order.executedLots)
    }
  }
  const accountView = (account: string) => ({
    account,
    balances: venue
      .balances(account)
      .map(({ asset, free, locked }) => ({ asset, free: textOf(free), locked: textOf(locked) })),
    openOrders: venue.openOrders(account).map(orderView)
  })
  const known = ({ params }: { readonly params: Readonly<Record<string, string | undefined>> }) => {
    const account = params["account"] ?? ""
    return venue.knows(account)
      ? Effect.succeed(account)
      : refuse(404, "NO_SUCH_ACCOUNT", "The exchange knows no such account. Make a key for it first.")
  }

  const cancelEverything = Effect.fnUntraced(function* (account: string) {
    for (let round = 0; round < CANCEL_ROUNDS; round++) {
      const symbols = new Set(venue.openOrders(account).map(({ symbol }) => symbol))
      if (symbols.size === 0) return
      for (const symbol of symbols) {
        const cancel = venue.execute({ _tag: "CancelAll", account, symbol, cancelId: `reset-${round}` })
        // Refused where the last order of the symbol filled a moment ago: the next round sees.
        yield* Effect.catchTag(cancel, "Rejected", () => Effect.void).pipe(Effect.mapError(ofVenue))
      }
    }
    return yield* refuse(409, "STILL_TRADING", "Orders come in faster than they are cancelled. Revoke the keys first.")
  })

  const reset = Effect.fnUntraced(function* (account: string, wanted: (typeof Reset.Type)["balances"]) {
    yield* cancelEverything(account)
    const target = new Map(Object.entries(wanted))
    for (const { asset, free, locked } of venue.balances(account)) {
      const amount = (target.get(asset) ?? 0n) - free - locked
      target.delete(asset)
      if (amount !== 0n) yield* execute({ _tag: "Deposit", account, asset, amount })
    }
    for (const [asset, amount] of target) {
      if (amount !== 0n) yield* execute({ _tag: "Deposit", account, asset, amount })
    }
  })

  const routes: ReadonlyArray<Route> = [
    {
      method: "GET",
      path: "/accounts/:account",
      sentence: "Balances and open orders.",
      run: (asked) => Effect.map(known(asked), accountView)
    },
    {
      method: "POST",
      path: "/accounts/:account/deposit",
      sentence: "Money in, or out where negative: {asset, amount}; amounts are decimals in strings.",
      run: (asked) =>
        Effect.gen(function* () {
          const account = yield* known(asked)
          const { amount, asset } = yield* Effect.flatMap(jsonBody, decode(Deposit))
          yield* execute({ _tag: "Deposit", account, asset, amount })
          return accountView(account)
        })
    },
    {
      method: "POST",
      path: "/accounts/:account/reset",
      sentence:
        'Cancels every open order and sets the balances: {balances: {USDT: "1000"}}; what is not named becomes zero.',
      run: (asked) =>
        Effect.gen(function* () {
          const account = yield* known(asked)
          const { balances } = yield* Effect.flatMap(jsonBody, decode(Reset))
          yield* reset(account, balances)
          return accountView(account)
        })
    },
    {
      method: "GET",
      path: "/state",
      sentence: "The engine's hash, the journal's newest entry, and how much there is.",
      run: () => Effect.mapError(state.read, ofVenue)
    }
  ]
  return routes
})

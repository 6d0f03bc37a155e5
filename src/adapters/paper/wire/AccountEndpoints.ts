// What an account has and may do (REST API, "Account endpoints"; `apiRestrictions` of the wallet endpoints).
import { Effect, Exit } from "effect"
import type { Desk } from "./Desk.ts"
import { type Endpoint, endpoint, stamp } from "./Endpoint.ts"
import { myFilters } from "./ExchangeInfo.ts"
import type { Keyring } from "./Keyring.ts"
import type { Limits } from "./Limits.ts"
import { BNB_DISCOUNT } from "./OpenPoints.ts"
import { boolean, integer, limit, optional, required, symbol, time, withDefault } from "./Params.ts"
import { amountText, ZERO } from "./Scale.ts"
import * as Wire from "./WireError.ts"

/** Commission rates are parts of 10^-8; the old fields of `account` are in basis points. */
const PARTS_PER_BIP = 10_000

export const accountEndpoints = (desk: Desk, keyring: Keyring, limits: Limits): ReadonlyArray<Endpoint> => [
  accountStatus(desk),
  endpoint({
    rest: "GET /api/v3/rateLimit/order",
    ws: "account.rateLimits.orders",
    security: "USER_DATA",
    weight: 40,
    params: {},
    run: (_, { account, now }) => {
      const { day, tenSeconds } = limits.orders(account, now)
      const orders = { rateLimitType: "ORDERS" }
      return Effect.succeed([
        { ...orders, interval: "SECOND", intervalNum: 10, limit: limits.sizes.ordersPer10Seconds, count: tenSeconds },
        { ...orders, interval: "DAY", intervalNum: 1, limit: limits.sizes.ordersPerDay, count: day }
      ])
    }
  }),
  endpoint({
    rest: "GET /api/v3/account/commission",
    ws: "account.commission",
    security: "USER_DATA",
    weight: 20,
    params: { symbol: required(symbol) },
    run: ({ symbol }, { account }) => {
      if (desk.listing(symbol) === undefined) return Exit.fail(Wire.invalidSymbol)
      const { maker, taker } = desk.venue.commission(account, symbol)
      const none = { maker: ZERO, taker: ZERO, buyer: ZERO, seller: ZERO }
      return Effect.succeed({
        symbol,
        standardCommission: { ...none, maker: amountText(BigInt(maker)), taker: amountText(BigInt(taker)) },
        specialCommission: none,
        taxCommission: none,
        discount: discount
      })
    }
  }),
  endpoint({
    rest: "GET /api/v3/myFilters",
    ws: "myFilters",
    security: "USER_DATA",
    weight: 40,
    params: { symbol: required(symbol) },
    run: ({ symbol }) => {
      const listing = desk.listing(symbol)
      return listing === undefined ? Exit.fail(Wire.invalidSymbol) : Effect.succeed(myFilters(listing))
    }
  }),
  // Smart order routing is not offered, so nothing was ever allocated.
  endpoint({
    rest: "GET /api/v3/myAllocations",
    ws: "myAllocations",
    security: "USER_DATA",
    weight: 20,
    params: {
      symbol: required(symbol),
      startTime: optional(time),
      endTime: optional(time),
      fromAllocationId: optional(integer),
      limit: withDefault(limit(1000), 500),
      orderId: optional(integer)
    },
    run: ({ symbol }) => (desk.listing(symbol) === undefined ? Exit.fail(Wire.invalidSymbol) : Effect.succeed([]))
  }),
  apiRestrictions(keyring)
]

/** Commissions are never paid in BNB here. */
export const discount = {
  enabledForAccount: false,
  enabledForSymbol: false,
  discountAsset: "BNB",
  discount: BNB_DISCOUNT
}

const accountStatus = (desk: Desk): Endpoint =>
  endpoint({
    rest: "GET /api/v3/account",
    ws: "account.status",
    security: "USER_DATA",
    weight: 20,
    params: { omitZeroBalances: withDefault(boolean, false) },
    run: ({ omitZeroBalances }, caller) => {
      const { account } = caller
      // Rates are an account's own; any symbol shows them, and the first stands for all.
      const [first] = desk.venue.listings.keys()
      const { maker, taker } = first === undefined ? { maker: 0, taker: 0 } : desk.venue.commission(account, first)
      const balances = desk.venue.balances(account)
      const shown = omitZeroBalances ? balances.filter(({ free, locked }) => free !== 0n || locked !== 0n) : balances
      return desk.told({
        makerCommission: Math.floor(maker / PARTS_PER_BIP),
        takerCommission: Math.floor(taker / PARTS_PER_BIP),
        buyerCommission: 0,
        sellerCommission: 0,
        commissionRates: {
          maker: amountText(BigInt(maker)),
          taker: amountText(BigInt(taker)),
          buyer: ZERO,
          seller: ZERO
        },
        canTrade: true,
        canWithdraw: false,
        canDeposit: false,
        brokered: false,
        requireSelfTradePrevention: false,
        preventSor: false,
        updateTime: stamp(caller, caller.now),
        accountType: "SPOT",
        balances: shown.map(({ asset, free, locked }) => ({
          asset,
          free: amountText(free),
          locked: amountText(locked)
        })),
        permissions: ["SPOT"],
        uid: uidOf(account)
      })
    }
  })

/** A number for an account's name, the same each time: 48 bits of FNV-1a, folded. */
const uidOf = (account: string): number => {
  let hash = 0xcbf29ce484222325n
  for (const byte of Buffer.from(account)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  return Number(BigInt.asUintN(48, hash ^ (hash >> 48n)))
}

const apiRestrictions = (keyring: Keyring): Endpoint =>
  endpoint({
    rest: "GET /sapi/v1/account/apiRestrictions",
    security: "USER_DATA",
    weight: 1,
    params: {},
    run: (_, caller) =>
      Effect.map(keyring.find(caller.keyId, caller.now), ({ key }) => ({
        ipRestrict: key.addresses.length > 0,
        createTime: stamp(caller, key.createdAt),
        enableReading: key.mayRead,
        enableWithdrawals: key.mayWithdraw,
        enableInternalTransfer: false,
        enableMargin: false,
        enableFutures: false,
        permitsUniversalTransfer: false,
        enableVanillaOptions: false,
        enableFixApiTrade: false,
        enableFixReadOnly: false,
        enableSpotAndMarginTrading: key.mayTrade,
        enablePortfolioMarginTrading: false
      }))
  })

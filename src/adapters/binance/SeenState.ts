// What is shown of the dealings with Binance: on screens through `ExchangeState`, and as metrics for whoever watches the machine.
import { Clock, Effect, Metric, type Scope, Schedule } from "effect"
import type { ExchangeState } from "../../domain/ExchangeState.ts"
import type { AccountId } from "../../domain/Ids.ts"
import type { Governor } from "./Governor.ts"

const gauge = (name: string, description: string) => Metric.gauge(`outcry_binance_${name}`, { description })
const weightUsed = gauge("weight_used", "Request weight used in this minute by this address, as far as is known")
const weightLimit = gauge("weight_limit", "Request weight that Binance allows an address in a minute")
const ordersUsed = gauge("orders_10s_used_most", "Orders counted in these ten seconds, of the account that has most")
const ordersLimit = gauge("orders_10s_limit", "Orders that Binance allows an account in ten seconds")
const callsWaiting = gauge("calls_waiting", "Calls to Binance that wait for room")
const stoppedFor = gauge("stopped_seconds", "For how long Binance wants nothing from this address")
const clockOffset = gauge("clock_offset_millis", "How far Binance's clock is ahead")

/** Accounts of which it is told: those that sent orders last. */
const MAX_SHOWN = 500

export interface Shown {
  readonly environment: ExchangeState["environment"]
  readonly governor: Governor
  readonly offsetMillis: () => number
  readonly accountOf: (apiKey: string) => AccountId | undefined
}

export const state = ({ accountOf, environment, governor, offsetMillis }: Shown): Effect.Effect<ExchangeState> =>
  Effect.map(Clock.currentTimeMillis, (at): ExchangeState => {
    const { budget } = governor
    const { bannedUntil, until } = budget.stopped()
    const { day, tenSeconds } = budget.sizes
    return {
      environment,
      at,
      clockOffsetMillis: offsetMillis(),
      weight: budget.weight(at),
      orderLimits: { tenSeconds, day },
      orders: [...budget.orders(at)].slice(-MAX_SHOWN).flatMap(({ account, stoppedUntil, ...used }) => {
        const accountId = accountOf(account)
        return accountId === undefined || (used.day + used.tenSeconds === 0 && stoppedUntil <= at)
          ? []
          : [{ accountId, ...used, ...(stoppedUntil > at ? { stoppedUntil } : {}) }]
      }),
      lanes: governor
        .counts()
        .map(({ lastShedAt, ...lane }) => ({ ...lane, ...(lastShedAt === undefined ? {} : { lastShedAt }) })),
      ...(until > at ? { stoppedUntil: until } : {}),
      ...(bannedUntil > at ? { bannedUntil } : {})
    }
  })

/** Keeps the metrics up to date; of all accounts only the one that is nearest to its limit. */
export const measure = (shown: Shown): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { at, clockOffsetMillis, lanes, orderLimits, orders, stoppedUntil, weight } = yield* state(shown)
    yield* Metric.update(weightUsed, weight.used)
    yield* Metric.update(weightLimit, weight.limit)
    yield* Metric.update(
      ordersUsed,
      orders.reduce((most, { tenSeconds }) => Math.max(most, tenSeconds), 0)
    )
    yield* Metric.update(ordersLimit, orderLimits.tenSeconds)
    yield* Metric.update(
      callsWaiting,
      lanes.reduce((sum, { waiting }) => sum + waiting, 0)
    )
    yield* Metric.update(stoppedFor, stoppedUntil === undefined ? 0 : Math.ceil((stoppedUntil - at) / 1000))
    yield* Metric.update(clockOffset, clockOffsetMillis)
  }).pipe(Effect.repeat(Schedule.spaced("1 second")), Effect.forkScoped, Effect.asVoid)

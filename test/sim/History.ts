// One history of a world: people trade while things go wrong, then all is calm, and the end is looked at from outside.
import { Effect } from "effect"
import { AccountId } from "../../src/domain/Ids.ts"
import * as Checks from "./Checks.ts"
import type { FaultPlan } from "./Faults.ts"
import { Walk } from "./Market.ts"
import { deposit, stranger, Trader } from "./People.ts"
import { START } from "./VirtualTime.ts"
import { Watcher } from "./Watcher.ts"
import { World } from "./World.ts"

const ACCOUNTS = 3
const MARKET_EVERY = 80
/** Of one account, with everything that goes with an order. */
const MILLIS_PER_ORDER = 100
/** No history may take longer, in virtual milliseconds. */
const LONGEST = 4 * 3_600_000

export interface Ended {
  readonly seed: number
  readonly orders: number
  /** Virtual milliseconds. */
  readonly lasted: number
  readonly faults: ReadonlyMap<string, number>
  readonly doubts: Checks.Doubts
  /** In words that begin with the invariant. */
  readonly violations: ReadonlyArray<string>
}

export interface Options {
  readonly orders: number
  /** Faults that do not happen, for the shortest history. */
  readonly without?: ReadonlyArray<keyof FaultPlan>
  readonly verbose?: boolean
}

export const run = async (seed: number, options: Options): Promise<Ended> => {
  const world = new World(seed, options.without ?? [])
  world.verbose = options.verbose === true
  const walk = new Walk(world)
  const traders = Array.from(
    { length: ACCOUNTS },
    (_, index) => new Trader(world, walk, AccountId.make(`account-${index}`))
  )
  const watchers = traders.map(({ accountId }, index) => new Watcher(world, accountId, index))
  const within = LONGEST
  try {
    await world.time.runEffect(world.begin, world.context, within)
    for (const watcher of watchers) world.fork(watcher.watch)
    const trading = market(world, walk)
    const share = Math.ceil(options.orders / ACCOUNTS)
    schedule(world, walk, traders, share * MILLIS_PER_ORDER)
    await world.time.runEffect(
      Effect.forEach(traders, (trader) => trader.trade(share), { concurrency: "unbounded", discard: true }),
      world.context,
      within
    )
    trading.stop()
    world.calm()
    await world.time.runEffect(settle(world, traders), world.context, within)
  } catch (failure) {
    world.complain(`the history broke off: ${failure instanceof Error ? failure.message : String(failure)}`)
  }
  const violations = [...world.complaints, ...(await Checks.all(world, traders, watchers))]
  return {
    seed,
    orders: traders.reduce((sum, { orders }) => sum + orders, 0),
    lasted: world.time.now - START,
    faults: world.injected.counts,
    doubts: Checks.doubts(world),
    violations
  }
}

const market = (world: World, walk: Walk) => {
  let stopped = false
  const tick = (): void => {
    if (stopped) return
    walk.step()
    world.time.at(world.time.now + MARKET_EVERY, tick)
  }
  for (let index = 0; index < 20; index++) walk.step()
  tick()
  return { stop: () => void (stopped = true) }
}

/** Spreads what happens a number of times over about as long as the people trade. */
const schedule = (world: World, walk: Walk, traders: ReadonlyArray<Trader>, millis: number): void => {
  const { dice, given, time } = world
  const often = (count: number, action: (number: number) => void) => {
    for (let number = 0; number < count; number++) {
      time.at(time.now + dice.between(200, millis), () => {
        if (world.plan === given) action(number)
      })
    }
  }
  const someone = () => dice.pick(traders).accountId
  often(given.linkOutages, () => world.cutLink(dice.exponential(4_000)))
  often(given.storeOutages, () => world.stopStore(dice.exponential(2_500)))
  often(given.streamCuts, () => {
    world.injected.count("streams cut")
    world.outside.network.cutStreams()
  })
  often(given.streamSilences, () => {
    world.injected.count("streams silent")
    world.outside.network.silenceStreams()
  })
  often(given.deskKills, () => {
    world.injected.count("desk killed")
    world.kill(dice.between(20, 4_000))
  })
  often(given.strangers, (number) => world.fork(stranger(world, walk, someone(), number)))
  often(given.deposits, () => world.fork(deposit(world, someone())))
}

/** The link and the store are back. Half of the desks start once more; the others must find what is missing by themselves. */
const settle = (world: World, traders: ReadonlyArray<Trader>) =>
  Effect.gen(function* () {
    const wait = Effect.sleep(200)
    while (!world.outside.network.up || !world.outside.store.up || world.desk === undefined) yield* wait
    yield* Effect.sleep("60 seconds")
    if (world.dice.chance(0.5)) {
      world.kill(100)
      while (world.desk === undefined) yield* wait
    } else yield* Effect.sleep("320 seconds")
    yield* Effect.forEach(traders, (trader) => trader.wake(), { discard: true })
    yield* Effect.sleep("30 seconds")
  })

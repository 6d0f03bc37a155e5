// The journal behind a database that is late, fails, answers into the void, and is away for a while. What it wrote stays written.
import { Deferred, Effect } from "effect"
import { Journal, JournalError } from "../../src/ports/Journal.ts"
import type { World } from "./World.ts"

type Service = Journal["Service"]

export class Store {
  up = true
  readonly #world: World
  readonly real: Service

  constructor(world: World, real: Service) {
    this.#world = world
    this.real = real
  }

  /** The journal of a desk that lives for as long as `alive` says. */
  journal(alive: () => boolean): Service {
    const { real } = this
    const ask = <A, E>(made: Effect.Effect<A, E>) => this.#ask(made, alive)
    return Journal.of({
      submit: (...args) => ask(real.submit(...args)),
      command: (...args) => ask(real.command(...args)),
      append: (append) => ask(real.append(append)),
      load: (...args) => ask(real.load(...args)),
      eventsAfter: (...args) => ask(real.eventsAfter(...args)),
      links: (...args) => ask(real.links(...args)),
      head: (...args) => ask(real.head(...args)),
      accountAfter: (...args) => ask(real.accountAfter(...args)),
      receipt: (...args) => ask(real.receipt(...args)),
      undecided: (...args) => ask(real.undecided(...args)),
      countUndecided: (...args) => ask(real.countUndecided(...args)),
      knowsOrder: (...args) => ask(real.knowsOrder(...args)),
      booked: (...args) => ask(real.booked(...args)),
      trail: (...args) => ask(real.trail(...args)),
      accountsWithOpenOrders: ask(real.accountsWithOpenOrders)
    })
  }

  #ask<A, E>(made: Effect.Effect<A, E>, alive: () => boolean): Effect.Effect<A, E | JournalError> {
    return Effect.suspend((): Effect.Effect<A, E | JournalError> => {
      if (!alive()) return Effect.never
      const { dice, injected, plan } = this.#world
      const reply = Deferred.makeUnsafe<A, E | JournalError>()
      const failed = (message: string) => Deferred.fail(reply, new JournalError({ message }))
      this.#world.fork(
        Effect.gen({ self: this }, function* () {
          yield* Effect.sleep(dice.chance(0.3) ? dice.exponential(2) : 0)
          if (!this.up) {
            injected.count("store away")
            this.#world.obstacle(this.#world.time.now, this.#world.time.now)
            return yield* failed("the store is away")
          }
          if (dice.chance(plan.storeFails)) {
            injected.count("store failed")
            this.#world.obstacle(this.#world.time.now, this.#world.time.now)
            return yield* failed("the store failed")
          }
          const exit = yield* Effect.exit(made)
          if (dice.chance(plan.storeAnswerLost)) {
            injected.count("store's answer lost")
            this.#world.obstacle(this.#world.time.now, this.#world.time.now)
            return yield* failed("the store's connection was cut")
          }
          yield* Deferred.done(reply, exit)
        })
      )
      return Deferred.await(reply)
    })
  }
}

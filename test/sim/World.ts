// One simulated world: a market, the paper exchange, a store, a network, and a desk that dies and boots. All of it follows from a seed.
import { Context, Effect, Exit, Layer, Scope } from "effect"
import * as PaperExchange from "../../src/adapters/paper/PaperExchange.ts"
import { Venue } from "../../src/adapters/paper/Venue.ts"
import * as VenueEngine from "../../src/adapters/paper/VenueEngine.ts"
import type { AccountId } from "../../src/domain/Ids.ts"
import { Blotter } from "../../src/ports/Blotter.ts"
import { Exchange } from "../../src/ports/Exchange.ts"
import { Journal } from "../../src/ports/Journal.ts"
import { MarketData } from "../../src/ports/MarketData.ts"
import * as MemoryJournal from "../../src/ports/MemoryJournal.ts"
import * as MemoryPaperJournal from "../../src/ports/MemoryPaperJournal.ts"
import { PaperJournal } from "../../src/ports/PaperJournal.ts"
import * as Settings from "../kit/Settings.ts"
import * as Desk from "./Desk.ts"
import { Dice } from "./Dice.ts"
import { calm, type FaultPlan, Injected, type LaterDice, plan, spared } from "./Faults.ts"
import * as Market from "./Market.ts"
import { Network } from "./Network.ts"
import { Store } from "./Store.ts"
import { VirtualTime } from "./VirtualTime.ts"

export interface Outside {
  readonly accounts: Map<AccountId, MemoryJournal.StoredAccount>
  readonly ledger: MemoryPaperJournal.Store
  readonly store: Store
  readonly blotter: Blotter["Service"]
  readonly market: MarketData["Service"]
  readonly venue: Venue["Service"]
  readonly network: Network
}

export class World {
  readonly seed: number
  readonly time = new VirtualTime()
  readonly dice: Dice
  /** Of whatever worlds with pinned seeds do not have. */
  readonly later: LaterDice
  readonly injected = new Injected()
  readonly context: Context.Context<never>
  plan: FaultPlan
  readonly given: FaultPlan
  /** When something stood in the way of finding out: [from, to]. */
  readonly obstacles: Array<readonly [from: number, to: number]> = []
  readonly complaints: Array<string> = []
  /** USDT from outside by account, in units of 10^-8. */
  readonly deposits = new Map<AccountId, bigint>()
  desk: Desk.Desk | undefined
  verbose = false
  #outside: Outside | undefined
  #booting = false

  constructor(seed: number, without: ReadonlyArray<keyof FaultPlan>) {
    this.seed = seed
    this.dice = new Dice(seed)
    this.later = { otherTypes: new Dice(seed + 2), lists: new Dice(seed + 3), replaces: new Dice(seed + 4) }
    this.given = spared(plan(this.dice, this.later), without)
    this.plan = this.given
    this.context = this.time.context(new Dice(seed + 1).next)
  }

  get outside(): Outside {
    if (this.#outside === undefined) throw new Error("the world has not begun")
    return this.#outside
  }

  /** In the world, not in the desk: it goes on when the desk dies. */
  fork(effect: Effect.Effect<unknown, never>): void {
    Effect.runForkWith(this.context)(effect)
  }

  complain(what: string): void {
    if (this.complaints.length < 20) this.complaints.push(what)
  }

  obstacle(from: number, to: number): void {
    this.obstacles.push([from, to])
  }

  readonly begin = Effect.gen({ self: this }, function* () {
    const accounts = new Map<AccountId, MemoryJournal.StoredAccount>()
    const ledger = new MemoryPaperJournal.Store()
    const books = MemoryJournal.layerOn(accounts)
    const exchange = PaperExchange.layer.pipe(
      Layer.provideMerge(VenueEngine.layer({ snapshotEvery: 1_000_000 })),
      Layer.provideMerge(
        Layer.effect(
          PaperJournal,
          Effect.sync(() => MemoryPaperJournal.life(ledger))
        )
      ),
      Layer.provideMerge(Market.layer),
      Layer.provide(Settings.layer())
    )
    const scope = yield* Scope.make()
    const context = yield* Layer.buildWithScope(Layer.merge(exchange, books), scope)
    this.#outside = {
      accounts,
      ledger,
      store: new Store(this, Context.get(context, Journal)),
      blotter: Context.get(context, Blotter),
      market: Context.get(context, MarketData),
      venue: Context.get(context, Venue),
      network: new Network(this, Context.get(context, Exchange))
    }
    yield* this.boot
  })

  readonly boot: Effect.Effect<void> = Effect.gen({ self: this }, function* () {
    if (this.desk !== undefined || this.#booting) return
    this.#booting = true
    const began = this.time.now
    this.desk = yield* Desk.boot(this)
    this.obstacle(began, this.time.now)
    this.#booting = false
  })

  /** Nothing of what it was doing is finished; it comes up again after a while. */
  kill(downMillis: number): void {
    const { desk } = this
    if (desk === undefined) return
    this.desk = undefined
    desk.die()
    const began = this.time.now
    this.fork(
      Effect.gen({ self: this }, function* () {
        yield* Effect.forkChild(Scope.close(desk.scope, Exit.void))
        yield* Effect.sleep(downMillis)
        this.obstacle(began, this.time.now)
        yield* this.boot
      })
    )
  }

  cutLink(forMillis: number): void {
    const { network } = this.outside
    if (!network.up) return
    this.injected.count("link down")
    network.up = false
    network.cutStreams()
    const began = this.time.now
    this.time.at(began + forMillis, () => {
      network.up = true
      this.obstacle(began, this.time.now)
    })
  }

  stopStore(forMillis: number): void {
    const { store } = this.outside
    if (!store.up) return
    this.injected.count("store down")
    store.up = false
    const began = this.time.now
    this.time.at(began + forMillis, () => {
      store.up = true
      this.obstacle(began, this.time.now)
    })
  }

  calm(): void {
    this.plan = calm(this.given)
  }
}

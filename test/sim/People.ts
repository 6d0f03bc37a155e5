// Who uses the desk: traders that place, amend, cancel and repeat themselves, and strangers who trade the same accounts elsewhere.
import { Cause, Effect, Exit } from "effect"
import { newOrderOf } from "../../src/adapters/paper/DeskWords.ts"
import { type Command, type Envelope, orderIdOf } from "../../src/domain/Command.ts"
import { type AccountId, ClientOrderId, CommandId, ListId, OrderId, UserId } from "../../src/domain/Ids.ts"
import type { ListRole } from "../../src/domain/ListLink.ts"
import type { NewList } from "../../src/domain/matching/Command.ts"
import type { NewOrder } from "../../src/domain/matching/Order.ts"
import * as Money from "../../src/domain/Money.ts"
import type { Intent, TimeInForce } from "../../src/domain/Order.ts"
import { listOf } from "./PeoplesLists.ts"
import { symbols, type Walk } from "./Market.ts"
import type { Dice } from "./Dice.ts"
import type { World } from "./World.ts"

/** What an account was told: the order of each key that was answered. */
export interface Told {
  readonly accountId: AccountId
  readonly answers: Map<CommandId, OrderId | undefined>
  orders: number
}

const PATIENCE = 2_500

export class Trader implements Told {
  readonly accountId: AccountId
  readonly answers = new Map<CommandId, OrderId | undefined>()
  readonly #sent: Array<{ readonly key: CommandId; readonly command: Command }> = []
  readonly #mine: Array<OrderId> = []
  readonly #intents = new Map<OrderId, Intent>()
  readonly #world: World
  readonly #walk: Walk
  #number = 0
  orders = 0

  constructor(world: World, walk: Walk, accountId: AccountId) {
    this.#world = world
    this.#walk = walk
    this.accountId = accountId
  }

  /** Sends this many orders, and what goes with them. */
  readonly trade = (orders: number): Effect.Effect<void> =>
    Effect.gen({ self: this }, function* () {
      const { dice, given, later } = this.#world
      yield* this.#send(CommandId.make("account:open"), () => ({ _tag: "OpenAccount" }), false)
      while (this.orders < orders) {
        yield* Effect.sleep(dice.exponential(60))
        const roll = dice.next()
        const order = this.#mine.length === 0 ? undefined : dice.pick(this.#mine.slice(-30))
        if (order !== undefined && later.replaces.chance(given.replaces)) yield* this.#replace(order)
        else if (roll < 0.2 && order !== undefined) yield* this.#command({ _tag: "CancelOrder", orderId: order })
        else if (roll < 0.26 && order !== undefined) {
          yield* this.#command({
            _tag: "AmendOrder",
            orderId: order,
            quantity: Money.decimal(`0.0${dice.between(1, 9)}`)
          })
        } else if (roll < 0.3 && this.#sent.length > 0) {
          // The same request again, as an impatient program does.
          const { command, key } = dice.pick(this.#sent.slice(-50))
          yield* this.#send(key, () => command, false)
        } else {
          const ask = this.#asking()
          this.orders++
          const key = CommandId.make(`k${++this.#number}`)
          yield* this.#send(key, ask, dice.chance(this.#world.plan.clientGone))
        }
      }
    })

  readonly wake = (): Effect.Effect<void> => this.#command({ _tag: "CancelOrder", orderId: this.#orderId() })

  /** Mostly by an order that may stand there, at another price. */
  #replace(replaces: OrderId): Effect.Effect<void> {
    const { injected, later } = this.#world
    const old = this.#intents.get(replaces)
    if (old === undefined) return Effect.void
    injected.count("order replaced")
    const dice = later.replaces
    const price = Money.decimal(String(this.#walk.mid(old.symbol) + dice.between(-12, 12)))
    const quantity = Money.decimal(`0.${String(dice.between(1, 120)).padStart(3, "0")}`)
    const terms = { symbol: old.symbol, side: dice.chance(0.97) ? old.side : "BUY", quantity, price } as const
    const intent: Intent = dice.chance(0.3)
      ? { type: "LIMIT_MAKER", ...terms }
      : { type: "LIMIT", ...terms, timeInForce: dice.chance(0.1) ? "IOC" : "GTC" }
    this.orders++
    const key = CommandId.make(`k${++this.#number}`)
    // Some look first at what has traded of it.
    const shown = this.#world.outside.accounts.get(this.accountId)?.orders.get(replaces)?.executedQuantity
    const known = shown === undefined || dice.chance(0.3) ? {} : { executedQuantity: shown }
    return this.#send(
      key,
      () => ({ _tag: "ReplaceOrder", orderId: this.#orderId(), replaces, intent, ...known }),
      dice.chance(this.#world.plan.clientGone)
    )
  }

  #command(command: Command): Effect.Effect<void> {
    return this.#send(CommandId.make(`k${++this.#number}`), () => command, false)
  }

  #orderId(): OrderId {
    const { dice, time } = this.#world
    const stamp = time.now.toString(16).padStart(12, "0")
    const rest = Array.from({ length: 5 }, () => dice.below(0x10000).toString(16).padStart(4, "0")).join("")
    return OrderId.make(
      `${stamp.slice(0, 8)}-${stamp.slice(8)}-7${rest.slice(0, 3)}-8${rest.slice(3, 6)}-${rest.slice(6, 18)}`.padEnd(
        36,
        "0"
      )
    )
  }

  /** What is placed next; its ids are new each time that it is asked for. */
  #asking(): () => Command {
    const { given, injected, later } = this.#world
    if (!later.lists.chance(given.lists)) {
      const intent = this.#intent()
      return () => ({ _tag: "PlaceOrder", orderId: this.#orderId(), intent })
    }
    injected.count("order list")
    const { kind, legs } = listOf(later.lists, this.#walk)
    return () => ({
      _tag: "PlaceList",
      listId: ListId.make(this.#orderId()),
      kind,
      legs: legs.map((leg) => ({ ...leg, orderId: this.#orderId() }))
    })
  }

  #intent(): Intent {
    const { dice, given, injected, later } = this.#world
    if (later.otherTypes.chance(given.otherTypes)) {
      injected.count("order of another type")
      return otherIntent(later.otherTypes, this.#walk)
    }
    const symbol = dice.pick(symbols)
    const side = dice.pick(["BUY", "SELL"] as const)
    const quantity = Money.decimal(`0.${String(dice.between(1, 120)).padStart(3, "0")}`)
    if (dice.chance(0.25)) return { type: "MARKET", symbol, side, quantity }
    const timeInForce: TimeInForce = dice.chance(0.2) ? "IOC" : dice.chance(0.08) ? "FOK" : "GTC"
    const price = Money.decimal(String(this.#walk.mid(symbol) + dice.between(-12, 12)))
    return { type: "LIMIT", symbol, side, quantity, price, timeInForce }
  }

  /** Until it is answered: an answer that does not come is asked for again under the same key. */
  #send(key: CommandId, command: () => Command, gone: boolean): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const { dice, injected, time } = this.#world
      for (let attempt = 0; attempt < 40; attempt++) {
        const { desk } = this.#world
        if (desk === undefined) {
          yield* Effect.sleep(dice.between(50, 400))
          continue
        }
        const asked = command()
        const envelope: Envelope = {
          commandId: key,
          accountId: this.accountId,
          userId: UserId.make(`user of ${this.accountId}`),
          at: time.now,
          traceId: "",
          command: asked
        }
        if (gone) {
          injected.count("client gone")
          return this.#world.fork(Effect.ignoreCause(desk.gateway.submit(envelope)))
        }
        const exit = yield* Effect.exit(Effect.timeout(desk.gateway.submit(envelope), PATIENCE))
        // A desk that died has not answered, whatever it was about to say.
        if (Exit.isSuccess(exit) && desk.alive()) {
          if (exit.value._tag === "Conflicting") return this.#world.complain(`${key} is a conflict with itself`)
          const stands = exit.value._tag === "New" ? asked : exit.value.envelope.command
          return this.#answered(key, stands)
        }
        if (Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause) && desk.alive()) return
        injected.count("client asks again")
        yield* Effect.sleep(dice.between(20, 600))
      }
    })
  }

  #answered(key: CommandId, command: Command): void {
    const placed = placedBy(command)
    const orderId = placed[0]?.[0] ?? orderIdOf(command)
    if (this.answers.has(key) && this.answers.get(key) !== orderId) {
      this.#world.complain(
        `${key} of ${this.accountId} was answered with ${String(this.answers.get(key))} and with ${String(orderId)}`
      )
    }
    this.answers.set(key, orderId)
    if (placed.length === 0) return
    for (const [id, intent] of placed) {
      this.#mine.push(id)
      this.#intents.set(id, intent)
    }
    this.#sent.push({ key, command })
  }
}

const placedBy = (command: Command): ReadonlyArray<readonly [OrderId, Intent]> => {
  if (command._tag === "PlaceOrder" || command._tag === "ReplaceOrder") return [[command.orderId, command.intent]]
  return command._tag === "PlaceList" ? command.legs.map(({ intent, orderId }) => [orderId, intent]) : []
}

/** Any of the types beside plain market and limit. Triggers are near enough to come, and limits near enough to be met. */
const otherIntent = (dice: Dice, walk: Walk): Intent => {
  const symbol = dice.pick(symbols)
  const side = dice.pick(["BUY", "SELL"] as const)
  const quantity = Money.decimal(`0.${String(dice.between(1, 120)).padStart(3, "0")}`)
  const near = (reach: number) => Money.decimal(String(walk.mid(symbol) + dice.between(-reach, reach)))
  const terms = { symbol, side, quantity }
  const shown = dice.chance(0.2)
    ? { icebergQuantity: Money.truncate(Money.divide(quantity, Money.decimal("3")), 4) }
    : {}
  const trailingDelta = dice.between(10, 40)
  switch (dice.below(6)) {
    case 0:
      return {
        type: "MARKET",
        symbol,
        side,
        quantity: Money.zero,
        quoteQuantity: Money.decimal(`${dice.between(20, 5_000)}.25`)
      }
    case 1:
      return { type: "LIMIT_MAKER", ...terms, price: near(12), ...shown }
    case 2:
      return { type: "LIMIT", ...terms, price: near(12), timeInForce: "GTC", ...shown }
    case 3:
      return { type: dice.pick(["STOP_LOSS", "TAKE_PROFIT"] as const), ...terms, stopPrice: near(8) }
    case 4: {
      // What a purchase locks that trails without a stop price is the exchange's secret: the desk's hold is an estimate then.
      const trigger = side === "BUY" || dice.chance(0.5) ? { stopPrice: near(8) } : {}
      return { type: dice.pick(["STOP_LOSS", "TAKE_PROFIT"] as const), ...terms, trailingDelta, ...trigger }
    }
    default: {
      const type = dice.pick(["STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"] as const)
      return { type, ...terms, price: near(12), stopPrice: near(8), timeInForce: "GTC", ...shown }
    }
  }
}

/** Somebody with a key to the same account, who trades at the exchange without the desk. */
export const stranger = (world: World, walk: Walk, accountId: AccountId, number: number): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { dice, given, injected, later, outside } = world
    if (!outside.venue.knows(accountId)) return
    if (later.lists.chance(given.lists)) return yield* strangersList(world, walk, accountId, number)
    const symbol = dice.pick(symbols)
    const listing = outside.venue.listings.get(symbol)
    if (listing === undefined) return
    const side = dice.pick(["BUY", "SELL"] as const)
    const quantity = Money.decimal(`0.0${dice.between(10, 99)}`)
    const price = Money.decimal(String(walk.mid(symbol) + dice.between(-10, 10)))
    const intent: Intent = dice.chance(0.3)
      ? { type: "MARKET", symbol, side, quantity }
      : { type: "LIMIT", symbol, side, quantity, price, timeInForce: "GTC" }
    const order = newOrderOf(ClientOrderId.make(`web_${number}`), intent, listing)
    if (order._tag === "Failure") return
    const placed = yield* Effect.exit(
      outside.venue.execute({ _tag: "Place", account: accountId, symbol, order: order.success })
    )
    if (Exit.isFailure(placed)) return
    injected.count("stranger's order")
    yield* Effect.sleep(dice.exponential(4_000))
    yield* Effect.ignoreCause(
      outside.venue.execute({
        _tag: "Cancel",
        account: accountId,
        symbol,
        order: { clientOrderId: `web_${number}` },
        cancelId: `x_${number}`
      })
    )
  })

/** The same with orders that belong together; one of them is cancelled later, and the others end with it. */
const strangersList = (world: World, walk: Walk, accountId: AccountId, number: number): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { injected, later, outside } = world
    const { kind, legs } = listOf(later.lists, walk)
    const symbol = legs[0]?.intent.symbol ?? ""
    const listing = outside.venue.listings.get(symbol)
    if (listing === undefined) return
    const orders = new Map<ListRole, NewOrder>()
    for (const { intent, role } of legs) {
      const order = newOrderOf(ClientOrderId.make(`web_${number}_${role}`), intent, listing)
      if (order._tag === "Failure") return
      orders.set(role, order.success)
    }
    const list = { kind, listClientOrderId: `web_${number}`, ...Object.fromEntries(orders) } as NewList
    const command = { account: accountId, symbol }
    const placed = yield* Effect.exit(outside.venue.execute({ _tag: "PlaceList", ...command, list }))
    if (Exit.isFailure(placed)) return
    injected.count("stranger's list")
    yield* Effect.sleep(later.lists.exponential(4_000))
    const order = { clientOrderId: `web_${number}_${legs[0]?.role ?? ""}` }
    yield* Effect.ignoreCause(outside.venue.execute({ _tag: "Cancel", ...command, order, cancelId: `x_${number}` }))
  })

export const deposit = (world: World, accountId: AccountId): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (!world.outside.venue.knows(accountId)) return Effect.void
    world.injected.count("deposit")
    const amount = BigInt(world.dice.between(1, 1_000)) * 100_000_000n
    world.deposits.set(accountId, (world.deposits.get(accountId) ?? 0n) + amount)
    return Effect.ignoreCause(
      world.outside.venue.execute({ _tag: "Deposit", account: accountId, asset: "USDT", amount })
    )
  })

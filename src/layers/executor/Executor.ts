// Owner of the lanes: brings every durable command to its account's actor, by doorbell or by sweeping the journal (I1).
import { Effect, Layer, Metric, Option, Queue, Schedule } from "effect"
import { Config } from "../../Config.ts"
import type { Envelope } from "../../domain/Command.ts"
import type { AccountId } from "../../domain/Ids.ts"
import { CommandQueue, LANES } from "../../ports/CommandQueue.ts"
import { Events } from "../../ports/Events.ts"
import { Exchange } from "../../ports/Exchange.ts"
import { Journal } from "../../ports/Journal.ts"
import { MarketData } from "../../ports/MarketData.ts"
import * as Mailbox from "../Mailbox.ts"
import { Supervisor } from "../Supervisor.ts"
import * as AccountActor from "./AccountActor.ts"
import type { Message } from "./Message.ts"

/** Messages that may wait for one account. Full: the doorbell is ignored and the sweep rings again. */
export const MAILBOX_CAPACITY = 1024
const BATCH = 256
/** Accounts awake at once; more wait for the sweep until idle ones retire. */
const MAX_RESIDENT = 10_000
const IDLE_MILLIS = 5 * 60_000
/** A command this old without a receipt lost its doorbell. */
const OVERDUE_MILLIS = 1500
const SWEEP_LIMIT = 1000
/** How the desk stands with the exchange is told this often. */
const TOLD_EVERY = "1 second"

const swept = Metric.counter("outcry_commands_swept_total", {
  description: "Commands delivered by the sweep because their doorbell was lost",
  incremental: true
})

/** Orders that rest at the exchange fill without being asked about. Where others may trade an account too, each of them is watched. */
const accountsToWake = Effect.fnUntraced(function* ({ exchange, journal }: AccountActor.Dependencies) {
  if (!AccountActor.isShared(exchange)) return yield* journal.accountsWithOpenOrders
  const found: Array<AccountId> = []
  while (found.length < MAX_RESIDENT) {
    const next = yield* journal.accountAfter(found.at(-1))
    if (Option.isNone(next)) break
    found.push(next.value)
  }
  return found
})

/** For the screens: a gateway in another process cannot ask the exchange. */
const telling = ({ events, exchange }: AccountActor.Dependencies): Effect.Effect<never> =>
  exchange.state === undefined
    ? Effect.never
    : Effect.flatMap(exchange.state, events.publishExchange).pipe(
        Effect.andThen(Effect.sleep(TOLD_EVERY)),
        Effect.forever
      )

const work = Effect.gen(function* () {
  const commands = yield* CommandQueue
  const journal = yield* Journal
  const supervisor = yield* Supervisor
  const config = yield* Config
  const dependencies: AccountActor.Dependencies = {
    journal,
    events: yield* Events,
    exchange: yield* Exchange,
    market: yield* MarketData,
    limits: {
      maxOrderNotional: config.maxOrderNotional,
      maxOpenOrders: config.maxOpenOrders,
      collar: config.priceCollar
    }
  }
  const accounts = yield* Mailbox.make<AccountId, Message>({
    name: "account",
    capacity: MAILBOX_CAPACITY,
    batch: BATCH,
    maxResident: MAX_RESIDENT,
    idleMillis: IDLE_MILLIS,
    init: (accountId, inbox) => AccountActor.make(accountId, inbox, dependencies)
  })
  const deliver = (envelope: Envelope, again: boolean) =>
    accounts.offer(envelope.accountId, { _tag: "Command", envelope, again })

  const sweep = Effect.fnUntraced(function* (minAgeMillis: number) {
    const overdue = yield* journal.undecided({ minAgeMillis, limit: SWEEP_LIMIT })
    for (const envelope of overdue) deliver(envelope, true)
    if (overdue.length > 0) yield* Metric.update(swept, overdue.length)
  })

  const doorbell = yield* commands.take(Array.from({ length: LANES }, (_, lane) => lane))
  for (const accountId of yield* accountsToWake(dependencies)) accounts.offer(accountId, { _tag: "Wake" })
  yield* sweep(0)
  yield* supervisor.ready("executor")
  const listening = Queue.takeAll(doorbell).pipe(
    Effect.map((envelopes) => {
      for (const envelope of envelopes) deliver(envelope, false)
    }),
    Effect.forever
  )
  // A store that is away now is tried again by the next sweep; the accounts need not be disturbed for it.
  const sweeping = sweep(OVERDUE_MILLIS).pipe(
    Effect.catch((error) => Effect.logWarning("the journal could not be swept", error)),
    Effect.repeat(Schedule.spaced("1 second"))
  )
  yield* Effect.raceAllFirst([listening, sweeping, telling(dependencies)])
})

export const layer: Layer.Layer<
  never,
  never,
  Supervisor | Config | CommandQueue | Journal | Events | Exchange | MarketData
> = Layer.effectDiscard(Effect.flatMap(Supervisor, (supervisor) => supervisor.keepAlive("executor", work)))

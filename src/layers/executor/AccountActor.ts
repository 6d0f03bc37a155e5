// The only writer of one account: commands, reports, answers and evidence pass through here one at a time (I5).
import { Clock, Deferred, Effect, Exit, Option, type Scope } from "effect"
import * as Account from "../../domain/Account.ts"
import { adoptedIdOf } from "../../domain/Adopt.ts"
import * as Decide from "../../domain/Decide.ts"
import { openOrders, orderIn } from "../../domain/Hear.ts"
import type { AccountId } from "../../domain/Ids.ts"
import type { ExchangeOrder } from "../../domain/Report.ts"
import type { RiskLimits } from "../../domain/Risk.ts"
import type { Events } from "../../ports/Events.ts"
import type { Exchange } from "../../ports/Exchange.ts"
import type { Journal } from "../../ports/Journal.ts"
import type { MarketData } from "../../ports/MarketData.ts"
import { Milestone } from "../../ports/Milestone.ts"
import type { Actor, Inbox } from "../Mailbox.ts"
import * as Calls from "./Calls.ts"
import { Decided } from "./Decided.ts"
import * as Evidence from "./Evidence.ts"
import * as Link from "./Link.ts"
import type { Message } from "./Message.ts"
import { riskContext } from "./RiskView.ts"
import { StreamWatch } from "./StreamWatch.ts"
import { type Adoption, type Suspicions, type Surroundings, Turn } from "./Turn.ts"
import * as Writer from "./Writer.ts"

/** Waiting commands a start takes up at once; the sweep brings the others. */
const WAITING = 10_000

export interface Dependencies {
  readonly journal: Journal["Service"]
  readonly events: Events["Service"]
  readonly exchange: Exchange["Service"]
  readonly market: MarketData["Service"]
  readonly limits: RiskLimits
}

/** Whether its owner trades an account of this exchange elsewhere as well. On paper nobody does but by the desk. */
export const isShared = ({ environment }: Exchange["Service"]): boolean => environment !== "paper"

/** Starts and recovers alike (I9): read the journal, ask the exchange, settle the difference, then take commands. */
export const make = Effect.fnUntraced(function* (
  accountId: AccountId,
  inbox: Inbox<Message>,
  dependencies: Dependencies
): Effect.fn.Return<Actor<Message>, unknown, Scope.Scope> {
  const { exchange, journal } = dependencies
  const surroundings = surroundingsOf(dependencies)
  const reached = yield* Milestone
  const writer = yield* Writer.load(accountId, dependencies, surroundings.assetsOf)
  const calls = yield* Calls.make(accountId, exchange, inbox)
  const decided = new Decided(yield* Clock.currentTimeMillis)
  const watch = new StreamWatch()
  const life = Symbol(accountId)
  const orderOf = (orderId: Parameters<typeof Account.orderOf>[1]) => Account.orderOf(writer.account(), orderId)
  const evidence = yield* Evidence.make({ accountId, exchange, inbox, orderOf })
  let suspected: Suspicions = new Map()

  const begin = Effect.map(Clock.currentTimeMillis, (now) => new Turn(writer.account(), now, surroundings))
  const finish = Effect.fnUntraced(function* (turn: Turn) {
    yield* writer.commit(turn, calls)
    for (const { clientOrderId } of turn.submits) watch.sent(clientOrderId)
    for (const { by } of turn.replaces) watch.sent(by.clientOrderId)
    for (const { legs } of turn.lists) for (const { order } of legs) watch.sent(order.clientOrderId)
    for (const orderId of turn.doubts) evidence.seek(orderId)
    for (const stranger of turn.strangers) evidence.meet(stranger)
  })

  /** `undefined` where only the journal can tell. */
  const isDecided = ({ again, envelope }: Extract<Message, { readonly _tag: "Command" }>): boolean | undefined =>
    decided.has(envelope) || (again || decided.mayHaveForgotten(envelope) ? undefined : false)

  const command = Effect.fnUntraced(function* (turn: Turn, message: Extract<Message, { readonly _tag: "Command" }>) {
    reached("command taken")
    const { envelope } = message
    const settled = isDecided(message) ?? Option.isSome(yield* journal.receipt(accountId, envelope.commandId))
    decided.add(envelope)
    if (!settled) turn.command(envelope)
  })

  /** Those that nobody follows yet. The journal is asked, so all that came before must be in it. */
  const adoptions = Effect.fnUntraced(function* (account: Account.Account, found: ReadonlyArray<ExchangeOrder>) {
    const adopted: Array<Adoption> = []
    for (const order of found) {
      if (orderIn(account, order) !== undefined || (yield* journal.knowsOrder(accountId, adoptedIdOf(order)))) continue
      const tradeIds = order.fills.map(({ tradeId }) => tradeId)
      adopted.push({ found: order, booked: yield* journal.booked(accountId, order.symbol, tradeIds) })
    }
    return adopted
  })

  const survey = Effect.fnUntraced(function* ({ done, survey }: Extract<Message, { readonly _tag: "Survey" }>) {
    const turn = yield* begin
    turn.survey(survey, yield* adoptions(turn.account, survey.strangers))
    yield* finish(turn)
    yield* Deferred.succeed(done, writer.account().seq)
  })

  const stranger = Effect.fnUntraced(function* ({ found }: Extract<Message, { readonly _tag: "Stranger" }>) {
    const turn = yield* begin
    for (const adoption of yield* adoptions(turn.account, [found])) turn.adopt(adoption.found, adoption.booked)
    yield* finish(turn)
  })

  /** Everything that is told by the turn alone. */
  const take = (turn: Turn, message: Exclude<Message, { readonly _tag: "Command" | "Survey" | "Stranger" }>): void => {
    switch (message._tag) {
      case "Report":
        reached("report heard")
        watch.heard(message.report.clientOrderId)
        return turn.report(message.report)
      case "Answered":
        if (message.call === "submit") answered(message.orderId, message.answeredAt)
        else evidence.expect(message.orderId, message.call)
        return turn.call(message)
      case "CallRefused":
      case "NoAnswer":
        return turn.call(message)
      case "Evidence":
        turn.records.push(message.record)
        return turn.evidence(message.orderId, message.asked, "query")
      case "NotAsked":
        return void turn.records.push(message.record)
      case "Totals":
        return totals(turn, message)
      case "Blinded":
        return message.life === life ? turn.blinded(message.reason) : undefined
      case "Sighted":
        return message.life === life ? turn.sighted() : undefined
      case "Wake":
        return
    }
  }

  const totals = (turn: Turn, message: Extract<Message, { readonly _tag: "Totals" }>): void => {
    // Where something happened meanwhile, the two are not of one moment.
    const isLevel = message.asOfSeq === turn.account.seq
    if (isLevel) suspected = turn.totals(message.balances, suspected)
    Deferred.doneUnsafe(message.done, Exit.succeed(isLevel && suspected.size === 0))
  }

  const answered = (orderId: Parameters<typeof orderOf>[0], at: number): void => {
    const order = orderOf(orderId)
    if (order !== undefined) watch.answered(order.clientOrderId, at)
  }

  const handle = Effect.fnUntraced(function* (messages: ReadonlyArray<Message>) {
    let turn = yield* begin
    for (const message of messages) {
      if (message._tag === "Command") yield* command(turn, message)
      else if (message._tag === "Survey" || message._tag === "Stranger") {
        yield* finish(turn)
        yield* message._tag === "Survey" ? survey(message) : stranger(message)
        turn = yield* begin
      } else take(turn, message)
    }
    yield* finish(turn)
    if (messages.some(({ _tag }) => _tag === "Wake")) yield* writer.flush
  })

  yield* Link.start({
    accountId,
    exchange,
    journal,
    inbox,
    watch,
    life,
    account: writer.account,
    handle: (message) => handle([message])
  })
  const turn = yield* begin
  turn.orphaned()
  yield* finish(turn)
  const waiting = yield* journal.undecided({ accountId, minAgeMillis: 0, limit: WAITING })
  yield* handle(waiting.map((envelope) => ({ _tag: "Command", envelope, again: true })))
  yield* writer.waiting.await.pipe(
    Effect.andThen(Effect.sleep(Writer.FLUSH_AFTER)),
    Effect.andThen(inbox.put([{ _tag: "Wake" }])),
    Effect.forever,
    Effect.forkScoped
  )

  return { handle, mayRetire: () => !isShared(exchange) && openOrders(writer.account()).length === 0 }
})

const surroundingsOf = ({ exchange, limits, market }: Dependencies): Surroundings => ({
  assetsOf: (symbol) => {
    const instrument = market.instrument(symbol)
    if (instrument === undefined) throw new Error(`the market no longer knows ${symbol}, which this account has traded`)
    return instrument
  },
  contextOf: (account, envelope, now) => ({
    ...riskContext(market, Decide.symbolOf(account, envelope), envelope, limits, now),
    shut: exchange.shut?.(account.accountId)
  }),
  clockOffsetMillis: exchange.clockOffsetMillis
})

// Carries what happens to whoever watches: one reader of the events, any number of sockets, each change written once.
import { Clock, Context, Effect, Layer, Metric, Queue, Schedule } from "effect"
import { Config } from "../../Config.ts"
import type { BadgeView } from "../../contract/Views.ts"
import { badgeView } from "../../contract/MarketViews.ts"
import type { AccountUpdate } from "../../domain/Account.ts"
import type { AccountId, UserId } from "../../domain/Ids.ts"
import { Events } from "../../ports/Events.ts"
import { MarketData } from "../../ports/MarketData.ts"
import { Supervisor } from "../Supervisor.ts"
import * as CatchUp from "./CatchUp.ts"
import { accountText } from "./Frames.ts"
import { CLOSE_UNAUTHORIZED, MAX_SOCKETS, MAX_SOCKETS_PER_USER } from "./Limits.ts"
import { Recent } from "./Recent.ts"
import type { Session } from "./Session.ts"
import * as Topics from "./Topics.ts"

const sockets = Metric.gauge("outcry_feed_sockets", { description: "Open sockets of the feed" })

export class Broadcaster extends Context.Service<
  Broadcaster,
  {
    readonly badge: Effect.Effect<BadgeView>
    /** False where there are too many sockets already. */
    readonly add: (session: Session) => Effect.Effect<boolean>
    /** Nothing of the session is kept. */
    readonly remove: (session: Session) => Effect.Effect<void>
    /** From now on the session gets the account's updates; false where the user has too many sockets. */
    readonly follow: (
      session: Session,
      account: { readonly accountId: AccountId; readonly userId: UserId; readonly expiresAt: number },
      from: number | undefined
    ) => boolean
    readonly catchUp: (session: Session) => Effect.Effect<void>
    readonly topics: Topics.Topics
    /** Open sessions, and of them those that follow an account. */
    readonly size: () => { readonly sessions: number; readonly following: number }
  }
>()("outcry/layers/broadcaster/Broadcaster") {
  static readonly layer = Layer.effect(
    Broadcaster,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const { environment } = yield* Config
  const events = yield* Events
  const market = yield* MarketData
  const supervisor = yield* Supervisor
  const recent = new Recent()
  const sessions = new Set<Session>()
  const byAccount = new Map<AccountId, Set<Session>>()
  const socketsOf = new Map<UserId, number>()
  const topics = yield* Topics.make

  const unfollow = (session: Session): void => {
    const { following } = session
    if (following === undefined) return
    session.following = undefined
    const watchers = byAccount.get(following.accountId)
    watchers?.delete(session)
    if (watchers?.size === 0) byAccount.delete(following.accountId)
    const left = (socketsOf.get(following.userId) ?? 1) - 1
    if (left <= 0) socketsOf.delete(following.userId)
    else socketsOf.set(following.userId, left)
  }

  const deliver = (update: AccountUpdate): void => {
    const watchers = byAccount.get(update.accountId)
    if (watchers === undefined && !recent.watched(update.accountId)) return
    const numbered = { seq: update.seq, text: accountText(update) }
    recent.add(update.accountId, numbered.seq, numbered.text)
    if (watchers !== undefined) for (const session of watchers) session.update(numbered)
  }

  /** Some updates may not have come: everybody asks for what follows the last one they saw. */
  const doubt = (): void => {
    recent.forgetAll()
    for (const session of sessions) session.fallBehind(session.following?.seq)
  }

  const followAccounts = Effect.gen(function* () {
    const updates = yield* events.subscribe
    doubt()
    yield* supervisor.ready("broadcaster")
    while (true) for (const update of yield* Queue.takeAll(updates)) deliver(update)
  })

  const watchHearing = Effect.gen(function* () {
    let losses = (yield* events.hearing).losses
    yield* Effect.gen(function* () {
      const hearing = yield* events.hearing
      const now = yield* Clock.currentTimeMillis
      if (hearing.losses !== losses) doubt()
      losses = hearing.losses
      for (const session of sessions) {
        if (!hearing.connected) session.lag("Updates from the other processes of the desk do not come through.")
        if ((session.following?.expiresAt ?? now + 1) <= now) {
          session.fail("TOKEN_EXPIRED", "The token has expired. Log in again.", CLOSE_UNAUTHORIZED)
        }
      }
    }).pipe(Effect.repeat(Schedule.spaced("1 second")))
  })

  yield* supervisor.keepAlive(
    "broadcaster",
    Effect.all([followAccounts, topics.follow, topics.flush, topics.age, watchHearing], {
      concurrency: 5,
      discard: true
    })
  )

  const catchUp = yield* CatchUp.make(recent)
  return {
    badge: Effect.map(market.badge, (shown) => badgeView(environment, shown)),
    add: Effect.fnUntraced(function* (session: Session) {
      if (sessions.size >= MAX_SOCKETS) return false
      sessions.add(session)
      yield* Metric.update(sockets, sessions.size)
      return true
    }),
    remove: Effect.fnUntraced(function* (session: Session) {
      unfollow(session)
      topics.forget(session)
      sessions.delete(session)
      yield* Metric.update(sockets, sessions.size)
    }),
    follow: (
      session: Session,
      account: { readonly accountId: AccountId; readonly userId: UserId; readonly expiresAt: number },
      from: number | undefined
    ) => {
      unfollow(session)
      const open = socketsOf.get(account.userId) ?? 0
      if (open >= MAX_SOCKETS_PER_USER) return false
      socketsOf.set(account.userId, open + 1)
      recent.watch(account.accountId)
      const watchers = byAccount.get(account.accountId)
      if (watchers === undefined) byAccount.set(account.accountId, new Set([session]))
      else watchers.add(session)
      session.follow(account, from)
      return true
    },
    catchUp,
    topics,
    size: () => ({
      sessions: sessions.size,
      following: [...byAccount.values()].reduce((sum, watchers) => sum + watchers.size, 0)
    })
  }
})

import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as Account from "../../../src/domain/Account.ts"
import { UserId } from "../../../src/domain/Ids.ts"
import { decimal } from "../../../src/domain/Money.ts"
import * as CatchUp from "../../../src/layers/broadcaster/CatchUp.ts"
import { Recent } from "../../../src/layers/broadcaster/Recent.ts"
import { Session } from "../../../src/layers/broadcaster/Session.ts"
import { Blotter } from "../../../src/ports/Blotter.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import * as MemoryJournal from "../../../src/ports/MemoryJournal.ts"
import * as StillMarket from "../../kit/StillMarket.ts"
import { accountId, btcusdt } from "../../kit/Trading.ts"

/** Another process, which journals a change whose word never comes here. */
const unheard = Effect.fnUntraced(function* (seq: number) {
  const { append } = yield* Journal
  const event = { _tag: "BalanceAdjusted", asset: "USDT", free: decimal(String(seq)) } as const
  const before = { ...Account.empty(accountId), seq: seq - 1 }
  const { update } = Account.step(before, { seq, at: seq, traceId: "", event }, () => btcusdt)
  yield* append({ accountId, afterSeq: seq - 1, updates: [update], receipts: [] })
}, Effect.orDie)

/** The store, with something that happens just before the account's state is read. */
const storeWhere = (meanwhile: Effect.Effect<void, never, Journal>) =>
  Layer.effect(
    Blotter,
    Effect.gen(function* () {
      const blotter = yield* Blotter
      const journal = yield* Journal
      return {
        ...blotter,
        state: (id) => Effect.andThen(Effect.provideService(meanwhile, Journal, journal), blotter.state(id))
      }
    })
  ).pipe(Layer.provideMerge(MemoryJournal.layerMemory), Layer.merge(StillMarket.layer))

/** A socket that has seen everything up to `seq`. */
const levelAt = Effect.fnUntraced(function* (seq: number) {
  const session = new Session()
  session.follow({ accountId, userId: UserId.make("user-1"), expiresAt: 0 }, seq)
  assert.isTrue(session.caughtUp(session.following!, [], seq))
  session.take()
  return { session, catchUp: yield* CatchUp.make(new Recent()) }
})

interface Heard {
  readonly type: string
  readonly seq: number
}

const heard = (session: Session): ReadonlyArray<string> =>
  [JSON.parse(session.take() ?? "[]") as Heard | ReadonlyArray<Heard>].flat().map(({ seq, type }) => `${type} ${seq}`)

describe("catching up", () => {
  it.effect("tells a change that came between the two looks at the store, instead of a snapshot without it", () => {
    let times = 0
    const meanwhile = Effect.suspend(() => (times++ === 0 ? unheard(2) : Effect.void))
    return Effect.gen(function* () {
      yield* unheard(1)
      const { catchUp, session } = yield* levelAt(1)
      session.fallBehind(1)
      yield* catchUp(session)
      assert.deepStrictEqual(heard(session), ["BALANCE_UPDATE 2", "LIVE 2"])
    }).pipe(Effect.provide(storeWhere(meanwhile)))
  })

  it.effect("asks once more where updates may have been lost while it was asking", () =>
    Effect.gen(function* () {
      yield* unheard(1)
      const { catchUp, session } = yield* levelAt(1)
      const found = session.following!
      session.fallBehind(1)
      // The store has answered that nothing is new; then one more is written, its word is lost, and that is noticed.
      yield* unheard(2)
      session.fallBehind(1)
      assert.isFalse(session.caughtUp(found, [], 1))
      yield* catchUp(session)
      assert.deepStrictEqual(heard(session), ["BALANCE_UPDATE 2", "LIVE 2"])
    }).pipe(Effect.provide(storeWhere(Effect.void)))
  )
})

// A browser that watches one account through the feed, slowly at times, and comes back after its socket broke.
import { Effect } from "effect"
import type { ServerMessage } from "../../src/contract/Feed.ts"
import { type AccountId, UserId } from "../../src/domain/Ids.ts"
import { Session } from "../../src/layers/broadcaster/Session.ts"
import { onLive, onSnapshot, onUpdate, replaying, resumeFrom, type Sequence, unknown } from "../../web/Sequence.ts"
import * as Ledger from "../../web/store/Ledger.ts"
import type { World } from "./World.ts"

export class Watcher {
  readonly accountId: AccountId
  ledger = Ledger.empty
  sequence: Sequence = unknown
  readonly #world: World
  readonly #number: number

  constructor(world: World, accountId: AccountId, number: number) {
    this.#world = world
    this.accountId = accountId
    this.#number = number
  }

  /** For as long as the world lasts. */
  readonly watch: Effect.Effect<void> = Effect.gen({ self: this }, function* () {
    while (true) {
      const { desk } = this.#world
      const session = new Session()
      if (desk === undefined || !(yield* desk.broadcaster.add(session))) {
        yield* Effect.sleep(100)
        continue
      }
      this.sequence = replaying(this.sequence)
      const account = {
        accountId: this.accountId,
        userId: UserId.make(`watcher ${this.#number}`),
        expiresAt: Number.MAX_SAFE_INTEGER
      }
      desk.broadcaster.follow(session, account, resumeFrom(this.sequence))
      yield* Effect.raceAllFirst([
        this.#read(session, desk.alive),
        this.#level(session, desk.broadcaster),
        this.#leave(desk.alive)
      ])
      yield* desk.broadcaster.remove(session)
    }
  })

  #read(session: Session, alive: () => boolean): Effect.Effect<never> {
    return Effect.gen({ self: this }, function* () {
      while (true) {
        yield* session.wake.await
        session.wake.closeUnsafe()
        const frame = session.take()
        if (frame !== undefined && alive()) for (const message of messagesOf(frame)) this.#hear(message)
        if (session.following?.behind !== undefined) session.catchUp.openUnsafe()
        if (this.#world.dice.chance(0.05)) yield* Effect.sleep(this.#world.dice.exponential(500))
      }
    })
  }

  #level(
    session: Session,
    broadcaster: { readonly catchUp: (session: Session) => Effect.Effect<void> }
  ): Effect.Effect<never> {
    return Effect.gen(function* () {
      while (true) {
        yield* session.catchUp.await
        session.catchUp.closeUnsafe()
        yield* broadcaster.catchUp(session)
      }
    })
  }

  #leave(alive: () => boolean): Effect.Effect<void> {
    const { dice, time } = this.#world
    const until = time.now + dice.exponential(15_000)
    return Effect.sleep(100).pipe(Effect.repeat({ until: () => !alive() || time.now > until }), Effect.asVoid)
  }

  #hear(message: ServerMessage): void {
    switch (message.type) {
      case "SNAPSHOT":
        this.sequence = onSnapshot(this.sequence, message.seq)
        this.ledger = Ledger.apply(this.ledger, [message]).ledger
        return
      case "LIVE":
        this.sequence = onLive(this.sequence, message.seq)
        return
      default: {
        if (!("seq" in message)) return
        const [verdict, sequence] = onUpdate(this.sequence, message)
        if (verdict === "gap") {
          this.#world.complain(
            `the feed of ${this.accountId} jumped to ${message.seq} from ${String(this.sequence.seq)}`
          )
        }
        this.sequence = sequence
        if (verdict === "take") this.ledger = Ledger.apply(this.ledger, [message]).ledger
      }
    }
  }
}

const messagesOf = (frame: string): ReadonlyArray<ServerMessage> => {
  const parsed = JSON.parse(frame) as ServerMessage | ReadonlyArray<ServerMessage>
  return Array.isArray(parsed) ? (parsed as ReadonlyArray<ServerMessage>) : [parsed as ServerMessage]
}

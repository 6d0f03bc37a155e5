// What every `Users` does, wherever it keeps them.
import { assert, type Vitest } from "@effect/vitest"
import { Effect, Option } from "effect"
import { AccountId, UserId } from "../../src/domain/Ids.ts"
import { MAX_ACCOUNTS, type NewUser, Users } from "../../src/ports/Users.ts"
import { freshId } from "../kit/Messages.ts"

const newUser = (): NewUser => ({
  userId: UserId.make(freshId("user")),
  email: `${freshId("ann")}@example.org`,
  passwordHash: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA",
  createdAt: 1_700_000_000_123,
  account: { accountId: AccountId.make(freshId("account")), name: "Main", exchange: "paper" }
})

export const usersSuite = (it: Vitest.MethodsNonLive<Users>): void => {
  it.effect("finds a registered user by email, with everything that was given", () =>
    Effect.gen(function* () {
      const users = yield* Users
      const { account: _, ...user } = newUser()
      yield* users.register({
        ...user,
        account: { accountId: AccountId.make(freshId("account")), name: "Main", exchange: "paper" }
      })
      assert.deepStrictEqual(yield* users.byEmail(user.email), Option.some(user))
    })
  )

  it.effect("knows nobody under another email", () =>
    Effect.gen(function* () {
      const users = yield* Users
      assert.isTrue(Option.isNone(yield* users.byEmail("nobody@example.org")))
    })
  )

  it.effect("makes a new user the owner of the account they start with", () =>
    Effect.gen(function* () {
      const users = yield* Users
      const user = newUser()
      yield* users.register(user)
      assert.deepStrictEqual(yield* users.memberships(user.userId), [{ ...user.account, role: "owner" }])
    })
  )

  it.effect("gives an unknown user no accounts", () =>
    Effect.gen(function* () {
      const users = yield* Users
      assert.deepStrictEqual(yield* users.memberships(UserId.make(freshId("stranger"))), [])
    })
  )

  it.effect("refuses an email that is taken, and leaves nothing of the attempt behind", () =>
    Effect.gen(function* () {
      const users = yield* Users
      const first = newUser()
      const second = { ...newUser(), email: first.email }
      yield* users.register(first)
      const refusal = yield* Effect.flip(users.register(second))
      assert.strictEqual(refusal._tag, "EmailTaken")
      assert.deepStrictEqual(yield* users.memberships(second.userId), [])
      // The account of the refused attempt is free: the same person can take another email.
      yield* users.register({ ...second, email: `${freshId("ben")}@example.org` })
      assert.strictEqual((yield* users.memberships(second.userId)).length, 1)
    })
  )

  it.effect("ties one account to one at the exchange, and registers nobody where another has it", () =>
    Effect.gen(function* () {
      const users = yield* Users
      const uid = freshId("uid")
      const tied = (exchange: string): NewUser => {
        const user = newUser()
        return { ...user, account: { ...user.account, tie: { exchange, uid } } }
      }
      const [first, second] = [tied("binance testnet"), tied("binance testnet")]
      yield* users.register(first)
      assert.lengthOf(yield* users.memberships(first.userId), 1)
      assert.strictEqual((yield* Effect.flip(users.register(second)))._tag, "NotBound")
      assert.isTrue(Option.isNone(yield* users.byEmail(second.email)))
      assert.deepStrictEqual(yield* users.memberships(second.userId), [])
      // The same number elsewhere is another account.
      yield* users.register(tied("binance live"))
    })
  )

  it.effect("gives a person more accounts, behind the first, and not without end", () =>
    Effect.gen(function* () {
      const users = yield* Users
      const user = newUser()
      yield* users.register(user)
      const add = (n: number, tie: object = {}) => {
        const account = { accountId: AccountId.make(freshId("account")), name: `No. ${n}`, exchange: "paper" as const }
        return users.addAccount({ userId: user.userId, createdAt: user.createdAt + n, account: { ...account, ...tie } })
      }
      const tie = { exchange: "binance testnet", uid: freshId("uid") }
      yield* add(2, { tie })
      assert.strictEqual((yield* Effect.flip(add(3, { tie })))._tag, "NotBound")
      for (let n = 3; n <= MAX_ACCOUNTS; n++) yield* add(n)
      const mine = yield* users.memberships(user.userId)
      assert.deepStrictEqual(
        mine.map(({ name, role }) => `${name} ${role}`),
        ["Main owner", ...Array.from({ length: MAX_ACCOUNTS - 1 }, (_, index) => `No. ${index + 2} owner`)]
      )
      assert.strictEqual((yield* Effect.flip(add(99)))._tag, "TooManyAccounts")
    })
  )

  it.effect("lets one of many register who race for an email", () =>
    Effect.gen(function* () {
      const users = yield* Users
      const { email } = newUser()
      const answers = yield* Effect.forEach(
        Array.from({ length: 8 }, () => ({ ...newUser(), email })),
        (user) => Effect.result(users.register(user)),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(answers.filter((answer) => answer._tag === "Success").length, 1)
      const tags = answers.flatMap((answer) => (answer._tag === "Failure" ? [answer.failure._tag] : []))
      assert.deepStrictEqual(
        tags,
        Array.from({ length: 7 }, () => "EmailTaken")
      )
    })
  )
}

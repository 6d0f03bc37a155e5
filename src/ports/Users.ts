// Who may do what: people, accounts, and the membership that joins them.
import { Context, Effect, Layer, Option, Schema } from "effect"
import { AccountId, UserId } from "../domain/Ids.ts"
import { NotBound, TAKEN } from "./ExchangeAccounts.ts"

export const Role = Schema.Literals(["owner", "trader", "viewer"])
export type Role = typeof Role.Type

export interface User {
  readonly userId: UserId
  /** Lower case. */
  readonly email: string
  /** argon2id, in PHC form. */
  readonly passwordHash: string
  /** Epoch milliseconds. */
  readonly createdAt: number
}

export interface Membership {
  readonly accountId: AccountId
  readonly name: string
  readonly exchange: "paper" | "binance"
  readonly role: Role
}

export interface NewUser extends User {
  /** The account a user starts with; they own it, and it is their default. */
  readonly account: NewAccount
}

export interface NewAccount {
  readonly accountId: AccountId
  readonly name: string
  readonly exchange: "paper" | "binance"
  /** The account at the exchange that it is tied to from its first moment on, as `ExchangeAccounts` does. */
  readonly tie?: { readonly exchange: string; readonly uid: string }
}

export class EmailTaken extends Schema.TaggedError<EmailTaken>()("EmailTaken", { email: Schema.String }) {}
export class UsersError extends Schema.TaggedError<UsersError>()("UsersError", { message: Schema.String }) {}

export class Users extends Context.Service<
  Users,
  {
    /** User, account, ownership and tie at once, or nothing. `NotBound` where another account has that tie. */
    readonly register: (user: NewUser) => Effect.Effect<void, EmailTaken | NotBound | UsersError>
    readonly byEmail: (email: string) => Effect.Effect<Option.Option<User>, UsersError>
    /** The user's default account first. Empty for an unknown user. */
    readonly memberships: (userId: UserId) => Effect.Effect<ReadonlyArray<Membership>, UsersError>
  }
>()("outcry/ports/Users") {
  /** For tests: people live as long as the process, and there is room for as many as its memory holds. */
  static readonly layerMemory = Layer.effect(
    Users,
    Effect.sync(() => makeMemory())
  )
}

const makeMemory = (): Users["Service"] => {
  const users = new Map<string, User>()
  const ties = new Set<string>()
  const memberships = new Map<UserId, ReadonlyArray<Membership>>()
  return {
    register: ({ account: { tie, ...account }, ...user }) =>
      Effect.suspend((): Effect.Effect<void, EmailTaken | NotBound | UsersError> => {
        if (users.has(user.email)) return Effect.fail(new EmailTaken({ email: user.email }))
        if (tie !== undefined) {
          const wanted = `${tie.exchange} ${tie.uid}`
          if (ties.has(wanted)) return Effect.fail(new NotBound({ message: TAKEN }))
          ties.add(wanted)
        }
        if (memberships.has(user.userId)) {
          return Effect.fail(new UsersError({ message: "That user id exists already: register with a fresh one." }))
        }
        users.set(user.email, user)
        memberships.set(user.userId, [{ ...account, role: "owner" }])
        return Effect.void
      }),
    byEmail: (email) => Effect.sync(() => Option.fromUndefinedOr(users.get(email))),
    memberships: (userId) => Effect.sync(() => memberships.get(userId) ?? [])
  }
}

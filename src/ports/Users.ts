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

export interface AddedAccount {
  readonly userId: UserId
  /** Epoch milliseconds. */
  readonly createdAt: number
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
/** Accounts of one person. */
export const MAX_ACCOUNTS = 20

export class TooManyAccounts extends Schema.TaggedError<TooManyAccounts>()("TooManyAccounts", {}) {}
export class UsersError extends Schema.TaggedError<UsersError>()("UsersError", { message: Schema.String }) {}

export class Users extends Context.Service<
  Users,
  {
    /** User, account, ownership and tie at once, or nothing. `NotBound` where another account has that tie. */
    readonly register: (user: NewUser) => Effect.Effect<void, EmailTaken | NotBound | UsersError>
    /** One more account of its owner, with its tie, or nothing. */
    readonly addAccount: (added: AddedAccount) => Effect.Effect<void, NotBound | TooManyAccounts | UsersError>
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
  /** False where somebody has it. */
  const tied = (tie: NewAccount["tie"]): boolean => {
    if (tie === undefined) return true
    const wanted = `${tie.exchange} ${tie.uid}`
    return !ties.has(wanted) && ties.add(wanted).has(wanted)
  }
  const memberships = new Map<UserId, ReadonlyArray<Membership>>()
  return {
    register: ({ account: { tie, ...account }, ...user }) =>
      Effect.suspend((): Effect.Effect<void, EmailTaken | NotBound | UsersError> => {
        if (users.has(user.email)) return Effect.fail(new EmailTaken({ email: user.email }))
        if (!tied(tie)) return Effect.fail(new NotBound({ message: TAKEN }))
        users.set(user.email, user)
        memberships.set(user.userId, [{ ...account, role: "owner" }])
        return Effect.void
      }),
    addAccount: ({ account: { tie, ...account }, userId }) =>
      Effect.suspend((): Effect.Effect<void, NotBound | TooManyAccounts> => {
        const mine = memberships.get(userId) ?? []
        if (mine.length >= MAX_ACCOUNTS) return Effect.fail(new TooManyAccounts({}))
        if (!tied(tie)) return Effect.fail(new NotBound({ message: TAKEN }))
        memberships.set(userId, [...mine, { ...account, role: "owner" }])
        return Effect.void
      }),
    byEmail: (email) => Effect.sync(() => Option.fromUndefinedOr(users.get(email))),
    memberships: (userId) => Effect.sync(() => memberships.get(userId) ?? [])
  }
}

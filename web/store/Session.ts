// Who is at the desk: log in, register, log out.
import { computed, signal } from "@preact/signals"
import * as AccountDeeds from "./AccountDeeds.ts"
import * as Accounts from "./Accounts.ts"
import * as Api from "./Api.ts"
import * as Route from "./Route.ts"
import * as Token from "./Token.ts"

export const user = computed(() => Token.identity.value?.user)
export const farewell = Token.farewell

export const busy = signal(false)
export const problem = signal<AccountDeeds.Problem | undefined>(undefined)

interface Who {
  readonly email: string
  readonly password: string
}

/** With keys where the desk trades at Binance. */
interface Newcomer extends Who, Partial<AccountDeeds.GivenKeys> {}

const enter = async (path: "/auth/login" | "/auth/register", who: Newcomer): Promise<void> => {
  if (busy.peek()) return
  busy.value = true
  problem.value = undefined
  try {
    const { token, user, warnings } = await Api.post<Token.Identity & { readonly warnings?: ReadonlyArray<string> }>(
      path,
      who
    )
    Token.keep({ token, user })
    Accounts.warnings.value = warnings ?? []
    Route.go(Route.afterLogin())
  } catch (error) {
    problem.value = AccountDeeds.problemOf(error)
  } finally {
    busy.value = false
  }
}

export const logIn = (who: Who): Promise<void> => enter("/auth/login", who)
export const register = (who: Newcomer): Promise<void> => enter("/auth/register", who)

export const logOut = (): void => Token.forget()

/** A token that has run out is noticed before the first call with it is refused. */
export const checkExpiry = (now: number): void => {
  const token = Token.identity.peek()?.token
  const expiry = token === undefined ? undefined : Token.expiryOf(token)
  if (expiry !== undefined && expiry <= now) Token.forget("Your session has ended. Log in again.")
}

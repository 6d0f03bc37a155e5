// Who is at the desk: log in, register, log out.
import { computed, signal } from "@preact/signals"
import * as Api from "./Api.ts"
import * as Route from "./Route.ts"
import * as Token from "./Token.ts"

export const user = computed(() => Token.identity.value?.user)
export const farewell = Token.farewell

export const busy = signal(false)
export const problem = signal<
  { readonly message: string; readonly fields: Readonly<Record<string, string>> } | undefined
>(undefined)

interface Who {
  readonly email: string
  readonly password: string
}

interface Newcomer extends Who {
  /** Where the desk trades at Binance. */
  readonly binanceApiKey?: string
  readonly binanceSecretKey?: string
}

const enter = async (path: "/auth/login" | "/auth/register", who: Newcomer): Promise<void> => {
  if (busy.peek()) return
  busy.value = true
  problem.value = undefined
  try {
    Token.keep(await Api.post<Token.Identity>(path, who))
    Route.go(Route.afterLogin())
  } catch (error) {
    problem.value = {
      message: Api.sentenceOf(error),
      fields: error instanceof Api.Refused ? error.fields : {}
    }
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

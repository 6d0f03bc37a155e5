// What an owner does to accounts: opens another one, gives and takes keys, turns real money on and off.
import { signal } from "@preact/signals"
import * as Accounts from "./Accounts.ts"
import * as Api from "./Api.ts"

export interface GivenKeys {
  readonly binanceApiKey: string
  readonly binanceSecretKey: string
  readonly acceptWithdrawals?: true
}

export interface Problem {
  readonly message: string
  readonly fields: Readonly<Record<string, string>>
  /** The key may withdraw money: the desk takes it only when told so. */
  readonly mayWithdraw: boolean
}

export const problemOf = (error: unknown): Problem => {
  const message = Api.sentenceOf(error)
  const refused = error instanceof Api.Refused ? error : undefined
  return {
    message,
    fields: refused?.fields ?? {},
    mayWithdraw: refused?.code === "KEY_WITHDRAWS"
  }
}

export const busy = signal(false)
/** Why the last deed was refused, and which one it was: the account it was about, or `new`. */
export const problem = signal<{ readonly about: string; readonly problem: Problem } | undefined>(undefined)

const act = async (
  about: string,
  deed: () => Promise<{ readonly warnings?: ReadonlyArray<string> }>
): Promise<boolean> => {
  if (busy.peek()) return false
  busy.value = true
  problem.value = undefined
  Accounts.warnings.value = []
  try {
    Accounts.warnings.value = (await deed()).warnings ?? []
    await Accounts.load()
    return true
  } catch (error) {
    problem.value = { about, problem: problemOf(error) }
    // Without an answer it may have happened: the list tells.
    await Accounts.load()
    return false
  } finally {
    busy.value = false
  }
}

const pathOf = (accountId: string, what: "keys" | "live") =>
  `/api/trading/accounts/${encodeURIComponent(accountId)}/${what}`

export const open = (name: string, keys: GivenKeys | undefined): Promise<boolean> =>
  act("new", () => Api.post("/api/trading/accounts", { name, ...keys }))
export const putKeys = (accountId: string, keys: GivenKeys): Promise<boolean> =>
  act(accountId, () => Api.put(pathOf(accountId, "keys"), keys))
export const removeKeys = (accountId: string): Promise<boolean> =>
  act(accountId, () => Api.remove(pathOf(accountId, "keys")))
export const setLive = (accountId: string, live: boolean): Promise<boolean> =>
  act(accountId, () => Api.put(pathOf(accountId, "live"), { live }))

// Which of a person's accounts is on the screen, and what there is to choose from. Whatever asks or orders says this account by name.
import { computed, effect, signal, untracked } from "@preact/signals"
import type { AccountRow } from "../../src/contract/AccountViews.ts"
import type { BadgeView } from "../../src/contract/Views.ts"
import * as Api from "./Api.ts"
import * as Connection from "./Connection.ts"
import * as Remote from "./Remote.ts"
import * as Token from "./Token.ts"

interface Listed {
  readonly environment: BadgeView["environment"]
  readonly accounts: ReadonlyArray<AccountRow>
}

export const listed = signal<Remote.Remote<Listed>>(Remote.loading)
export const rows = computed(() => listed.value.data?.accounts ?? [])
/** The account that was picked; nothing while it is the first one. */
export const picked = signal<string | undefined>(undefined)
/** What the feed says that it follows. */
const followed = signal<string | undefined>(undefined)
/** The account on the screen; unknown only until the feed or the list has named the first one. */
export const current = computed(() => picked.value ?? followed.value ?? rows.value[0]?.accountId)
export const row = computed(() => rows.value.find(({ accountId }) => accountId === current.value))
export const nameOf = (accountId: string | undefined): string =>
  rows.value.find((one) => one.accountId === accountId)?.name ?? "another account"
/** What the desk would have better about keys that it took, until it was read. */
export const warnings = signal<ReadonlyArray<string>>([])

/** One person's choice is not the next one's. */
const keyOf = (userId: string) => `outcry.account.${userId}`

/** The link is begun anew and everything of the account before is forgotten before the next frame: see the page's `main`. */
export const pick = (accountId: string): void => {
  const userId = Token.identity.peek()?.user.id
  if (userId === undefined || accountId === current.peek()) return
  localStorage.setItem(keyOf(userId), accountId)
  picked.value = accountId
}

/** What was picked before the page was loaded. */
export const recall = (): void => {
  const userId = Token.identity.peek()?.user.id
  followed.value = undefined
  picked.value = userId === undefined ? undefined : (localStorage.getItem(keyOf(userId)) ?? undefined)
}

/** A path of the interface, said of one account. */
export const within = (path: string, accountId: string | undefined): string =>
  accountId === undefined ? path : `${path}${path.includes("?") ? "&" : "?"}accountId=${encodeURIComponent(accountId)}`

export const load = async (): Promise<void> => {
  const token = Token.identity.peek()?.token
  try {
    const answer = await Api.get<Listed>("/api/trading/accounts")
    if (Token.identity.peek()?.token !== token) return
    listed.value = Remote.live(answer)
    // An account that is no longer theirs cannot be followed: the first one is.
    const gone = !answer.accounts.some(({ accountId }) => accountId === picked.peek())
    if (gone) picked.value = undefined
  } catch (error) {
    listed.value = Remote.failed(listed.peek(), Api.sentenceOf(error))
  }
}

Connection.onBatch(({ notes }) => {
  for (const note of notes) {
    if (note.type === "WELCOME" && note.data.accountId !== null) followed.value = note.data.accountId
  }
})

/** Knows the accounts from now on; the result ends it and forgets them. */
export const watch = (): (() => void) => {
  const stop = effect(() => {
    void Connection.ups.value
    untracked(() => void load())
  })
  return () => {
    stop()
    listed.value = Remote.loading
    picked.value = followed.value = undefined
    warnings.value = []
  }
}

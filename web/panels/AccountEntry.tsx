// One account in the list: where it trades, whether it has keys, whether real money is on, and what its owner may do about it.
import { useSignal } from "@preact/signals"
import { useMemo } from "preact/hooks"
import type { AccountRow } from "../../src/contract/AccountViews.ts"
import type { BadgeView } from "../../src/contract/Views.ts"
import * as AccountDeeds from "../store/AccountDeeds.ts"
import * as Accounts from "../store/Accounts.ts"
import { Badge } from "../ui/Badge.tsx"
import { Confirm } from "../ui/Confirm.tsx"
import { FormProblem } from "../ui/FormProblem.tsx"
import { clear, given, KeyFields, noKeys } from "./KeyFields.tsx"

interface EntryProps {
  readonly account: AccountRow
  readonly environment: BadgeView["environment"]
}

export const AccountEntry = ({ account, environment }: EntryProps) => {
  const typing = useSignal(false)
  const { accountId, keysStored, live, name, role } = account
  const isShown = Accounts.current.value === accountId
  const held = AccountDeeds.problem.value
  const problem = held?.about === accountId ? held.problem : undefined
  const takesKeys = environment !== "paper"
  return (
    <li class="account" data-testid={`account-${name}`}>
      <div class="line">
        <b class="name">{name}</b>
        <Badge environment={environment} />
        {takesKeys ? (
          <span class={`pill ${keysStored ? "quiet" : "doubt"}`}>{keysStored ? "keys stored" : "no keys"}</span>
        ) : null}
        {environment === "live" ? (
          <span class={`pill ${live ? "real" : "quiet"}`}>{live ? "REAL MONEY ON" : "real money off"}</span>
        ) : null}
        {role === "owner" ? null : <span class="pill quiet">{role}</span>}
        <span class="grow" />
        {isShown ? (
          <span class="soft">on the screen</span>
        ) : (
          <button type="button" class="link" onClick={() => Accounts.pick(accountId)}>
            Show
          </button>
        )}
      </div>
      {takesKeys && role === "owner" ? (
        <div class="line">
          <button type="button" class="link" onClick={() => (typing.value = !typing.value)}>
            {typing.value ? "Leave the keys" : keysStored ? "Replace keys" : "Enter keys"}
          </button>
          {keysStored ? (
            <Confirm
              verb="Remove keys"
              question={`Remove the keys of ${name}? The desk then neither trades nor hears of it; what is open at Binance stays open there.`}
              yes="Yes, remove them"
              disabled={AccountDeeds.busy.value}
              act={() => void AccountDeeds.removeKeys(accountId)}
            />
          ) : null}
          {environment === "live" || live ? <LiveSwitch account={account} /> : null}
        </div>
      ) : null}
      {typing.value ? (
        <KeyForm account={account} problem={problem} done={() => (typing.value = false)} />
      ) : problem === undefined ? null : (
        <p class="problem" role="alert">
          {problem.message}
        </p>
      )}
    </li>
  )
}

const LiveSwitch = ({ account: { accountId, live, name } }: { account: AccountRow }) =>
  live ? (
    <button
      type="button"
      class="link"
      disabled={AccountDeeds.busy.value}
      onClick={() => void AccountDeeds.setLive(accountId, false)}
    >
      Turn real money off
    </button>
  ) : (
    <Confirm
      verb="Turn real money on"
      question={`This is real money. From now on every order of ${name} buys and sells at Binance for real, and can lose it.`}
      yes="Yes, trade real money"
      disabled={AccountDeeds.busy.value}
      act={() => void AccountDeeds.setLive(accountId, true)}
    />
  )

interface KeyFormProps {
  readonly account: AccountRow
  readonly problem: AccountDeeds.Problem | undefined
  readonly done: () => void
}

const KeyForm = ({ account, problem, done }: KeyFormProps) => {
  const typed = useMemo(noKeys, [])
  const store = async (event: Event) => {
    event.preventDefault()
    if (!(await AccountDeeds.putKeys(account.accountId, given(typed)))) return
    clear(typed)
    done()
  }
  return (
    <form class="stack" aria-label={`Keys of ${account.name}`} onSubmit={(event) => void store(event)}>
      <KeyFields typed={typed} problem={problem} />
      <FormProblem problem={problem} />
      <button type="submit" class="go" disabled={AccountDeeds.busy.value}>
        {AccountDeeds.busy.value ? "Asking the exchange…" : "Store the keys"}
      </button>
    </form>
  )
}

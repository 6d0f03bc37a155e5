// The person's accounts, with what an owner does to them, and the way to another one.
import { signal, useSignal } from "@preact/signals"
import { useEffect, useMemo, useRef } from "preact/hooks"
import * as AccountDeeds from "../store/AccountDeeds.ts"
import * as Accounts from "../store/Accounts.ts"
import { Entry } from "../ui/Entry.tsx"
import { Empty } from "../ui/Panel.tsx"
import { FormProblem } from "../ui/FormProblem.tsx"
import { AccountEntry } from "./AccountEntry.tsx"
import { clear, given, KeyFields, noKeys } from "./KeyFields.tsx"

export const showAccounts = signal(false)

export const AccountsDialog = () => {
  const dialog = useRef<HTMLDialogElement>(null)
  const open = showAccounts.value
  useEffect(() => {
    if (open) {
      dialog.current?.showModal()
      void Accounts.load()
    } else dialog.current?.close()
  }, [open])
  return (
    <dialog
      ref={dialog}
      class="panel keys accounts-of"
      aria-label="Accounts"
      onClose={() => {
        showAccounts.value = false
        AccountDeeds.problem.value = undefined
      }}
    >
      {open ? <Listed /> : null}
    </dialog>
  )
}

const Listed = () => {
  const { data, message } = Accounts.listed.value
  return (
    <>
      <h2>Accounts</h2>
      <Warnings />
      {message === undefined ? null : (
        <p class="problem" role="alert">
          {message}
        </p>
      )}
      {data === undefined ? (
        <Empty what="Your accounts will be here." />
      ) : (
        <>
          <ul>
            {data.accounts.map((account) => (
              <AccountEntry key={account.accountId} account={account} environment={data.environment} />
            ))}
          </ul>
          <Another takesKeys={data.environment !== "paper"} />
        </>
      )}
      <button type="button" class="go plain" onClick={() => (showAccounts.value = false)}>
        Close
      </button>
    </>
  )
}

const Another = ({ takesKeys }: { takesKeys: boolean }) => {
  const isOpen = useSignal(false)
  const name = useSignal("")
  const typed = useMemo(noKeys, [])
  const held = AccountDeeds.problem.value
  const problem = held?.about === "new" ? held.problem : undefined
  if (!isOpen.value) {
    return (
      <button type="button" class="link another" onClick={() => (isOpen.value = true)}>
        + Open another account
      </button>
    )
  }
  const open = async (event: Event) => {
    event.preventDefault()
    if (!(await AccountDeeds.open(name.peek().trim(), takesKeys ? given(typed) : undefined))) return
    clear(typed)
    name.value = ""
    isOpen.value = false
  }
  return (
    <form class="stack" aria-label="Another account" onSubmit={(event) => void open(event)}>
      <Entry label="Account name" problem={problem?.fields["name"]}>
        <input
          name="accountName"
          autocomplete="off"
          required
          maxLength={40}
          value={name.value}
          onInput={(event) => (name.value = event.currentTarget.value)}
        />
      </Entry>
      {takesKeys ? <KeyFields typed={typed} problem={problem} /> : null}
      <FormProblem problem={problem} />
      <button type="submit" class="go" disabled={AccountDeeds.busy.value}>
        {AccountDeeds.busy.value ? "One moment…" : "Open account"}
      </button>
    </form>
  )
}

/** What would be better about keys that were taken; stays until it was read. */
export const Warnings = () =>
  Accounts.warnings.value.length === 0 ? null : (
    <div class="banner" role="status" data-testid="key-warnings">
      {Accounts.warnings.value.map((warning) => (
        <span key={warning}>{warning}</span>
      ))}
      <button type="button" class="link" onClick={() => (Accounts.warnings.value = [])}>
        Understood
      </button>
    </div>
  )

// The way in: one calm card for those who have an account and those who want one.
import { useSignal } from "@preact/signals"
import { useMemo } from "preact/hooks"
import * as Market from "../store/Market.ts"
import * as Session from "../store/Session.ts"
import { Entry } from "../ui/Entry.tsx"
import { Segments } from "../ui/Segments.tsx"
import { FormProblem } from "../ui/FormProblem.tsx"
import { given, KeyFields, noKeys } from "./KeyFields.tsx"

export const Login = () => {
  const mode = useSignal<"Log in" | "Create account">("Log in")
  const email = useSignal("")
  const password = useSignal("")
  const typed = useMemo(noKeys, [])
  const creating = mode.value === "Create account"
  const problem = Session.problem.value
  const environment = Market.badge.value?.environment ?? "paper"
  const wantsKeys = creating && environment !== "paper"
  const enter = (event: Event) => {
    event.preventDefault()
    const who = { email: email.value.trim(), password: password.value }
    void (creating ? Session.register(wantsKeys ? { ...who, ...given(typed) } : who) : Session.logIn(who))
  }
  const choose = (next: typeof mode.value) => {
    mode.value = next
    Session.problem.value = undefined
  }
  return (
    <main class="login">
      <form class="panel card" onSubmit={enter} aria-label={mode.value}>
        <div class="logo big">
          OUT<i>CRY</i>
        </div>
        <p class="soft">{creating ? STAKES[environment] : "Log in to your desk."}</p>
        {Session.farewell.value === undefined ? null : (
          <p class="callout" role="status">
            {Session.farewell.value}
          </p>
        )}
        <Segments label="What to do" options={["Log in", "Create account"]} chosen={mode.value} choose={choose} />
        <Entry label="Email" problem={problem?.fields.email}>
          <input
            name="email"
            type="email"
            autocomplete="username"
            required
            maxLength={254}
            value={email.value}
            aria-invalid={problem?.fields.email !== undefined}
            onInput={(event) => (email.value = event.currentTarget.value)}
          />
        </Entry>
        <Entry
          label="Password"
          hint={creating ? "At least 8 characters." : undefined}
          problem={problem?.fields.password}
        >
          <input
            name="password"
            type="password"
            autocomplete={creating ? "new-password" : "current-password"}
            required
            maxLength={128}
            value={password.value}
            aria-invalid={problem?.fields.password !== undefined}
            onInput={(event) => (password.value = event.currentTarget.value)}
          />
        </Entry>
        {wantsKeys ? <KeyFields typed={typed} problem={problem} /> : null}
        <FormProblem problem={problem} />
        <button type="submit" class="go enter" disabled={Session.busy.value}>
          {Session.busy.value ? "One moment…" : mode.value}
        </button>
        {Market.badge.value === undefined ? null : <p class="soft small">Market: {Market.badge.value.label}</p>}
      </form>
    </main>
  )
}

/** What a new account trades with. */
const STAKES = {
  paper: "A new account starts with paper money. Nothing real is at stake.",
  testnet: "This desk trades on Binance's testnet, with the key you give it. Nothing real is at stake.",
  demo: "This desk trades on Binance's demo exchange, with the key you give it. Nothing real is at stake.",
  live: "This desk trades on Binance, with the key you give it and with real money."
} as const

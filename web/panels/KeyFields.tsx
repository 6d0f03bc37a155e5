// Where exchange keys are typed in: they leave with the form, and are never shown again.
import { signal, type Signal } from "@preact/signals"
import type { GivenKeys, Problem } from "../store/AccountDeeds.ts"
import { Entry } from "../ui/Entry.tsx"

export interface TypedKeys {
  readonly apiKey: Signal<string>
  readonly secretKey: Signal<string>
  readonly acceptWithdrawals: Signal<boolean>
}

export const noKeys = (): TypedKeys => ({ apiKey: signal(""), secretKey: signal(""), acceptWithdrawals: signal(false) })

export const given = ({ acceptWithdrawals, apiKey, secretKey }: TypedKeys): GivenKeys => ({
  binanceApiKey: apiKey.peek().trim(),
  binanceSecretKey: secretKey.peek().trim(),
  ...(acceptWithdrawals.peek() ? { acceptWithdrawals: true } : {})
})

export const clear = ({ acceptWithdrawals, apiKey, secretKey }: TypedKeys): void => {
  apiKey.value = secretKey.value = ""
  acceptWithdrawals.value = false
}

/** A secret may be a private key in PEM, of many lines, which a password field would join: a masked text takes it. */
export const KeyFields = ({ typed, problem }: { typed: TypedKeys; problem: Problem | undefined }) => {
  const { acceptWithdrawals, apiKey, secretKey } = typed
  const fields = problem?.fields ?? {}
  return (
    <>
      <Entry label="Binance API key" problem={fields["binanceApiKey"]}>
        <input
          name="binanceApiKey"
          type="password"
          autocomplete="off"
          spellcheck={false}
          required
          maxLength={4096}
          value={apiKey.value}
          aria-invalid={fields["binanceApiKey"] !== undefined}
          onInput={(event) => (apiKey.value = event.currentTarget.value)}
        />
      </Entry>
      <Entry
        label="Binance secret key"
        hint="Or the private key in PEM. Stored sealed, and never shown again."
        problem={fields["binanceSecretKey"]}
      >
        <textarea
          name="binanceSecretKey"
          class="secret"
          rows={2}
          autocomplete="off"
          spellcheck={false}
          required
          maxLength={4096}
          value={secretKey.value}
          aria-invalid={fields["binanceSecretKey"] !== undefined}
          onInput={(event) => (secretKey.value = event.currentTarget.value)}
        />
      </Entry>
      {problem?.mayWithdraw === true || acceptWithdrawals.value ? (
        <label class="tick">
          <input
            type="checkbox"
            name="acceptWithdrawals"
            checked={acceptWithdrawals.value}
            onChange={(event) => (acceptWithdrawals.value = event.currentTarget.checked)}
          />
          <span>Take it although it can withdraw money</span>
        </label>
      ) : null}
    </>
  )
}

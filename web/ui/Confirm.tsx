// A deed that is not undone by the next click: asked first, in a sentence, with the verb on the button.
import { useSignal } from "@preact/signals"

interface ConfirmProps {
  readonly verb: string
  readonly question: string
  readonly yes: string
  readonly disabled: boolean
  readonly act: () => void
}

export const Confirm = ({ verb, question, yes, disabled, act }: ConfirmProps) => {
  const asked = useSignal(false)
  if (!asked.value) {
    return (
      <button type="button" class="link down" disabled={disabled} onClick={() => (asked.value = true)}>
        {verb}
      </button>
    )
  }
  return (
    <div class="confirm" role="alert">
      <span>{question}</span>
      <div class="pair">
        <button
          type="button"
          class="link down"
          disabled={disabled}
          onClick={() => {
            asked.value = false
            act()
          }}
        >
          {yes}
        </button>
        <button type="button" class="link" onClick={() => (asked.value = false)}>
          No
        </button>
      </div>
    </div>
  )
}

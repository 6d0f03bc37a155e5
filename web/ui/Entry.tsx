// A labelled field of a form, and what is wrong with what it holds.
import type { ComponentChildren } from "preact"

interface EntryProps {
  readonly label: string
  readonly hint?: string | undefined
  readonly problem: string | undefined
  readonly children: ComponentChildren
}

export const Entry = ({ label, hint, problem, children }: EntryProps) => (
  <div>
    <label class="stacked">
      <span>{label}</span>
      {children}
    </label>
    {problem === undefined ? (
      <p class="label hint">{hint}</p>
    ) : (
      <p class="problem small hint" role="alert">
        {problem}
      </p>
    )}
  </div>
)

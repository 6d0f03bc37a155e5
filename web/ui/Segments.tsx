// A choice of one among a few, side by side.

interface SegmentsProps<T extends string> {
  readonly label: string
  readonly options: ReadonlyArray<T>
  readonly chosen: T
  readonly choose: (option: T) => void
  readonly kind?: "seg" | "tabs"
  readonly text?: (option: T) => string
}

export const Segments = <T extends string>(props: SegmentsProps<T>) => (
  <div class={props.kind ?? "seg"} role="radiogroup" aria-label={props.label}>
    {props.options.map((option) => (
      <button
        type="button"
        role="radio"
        key={option}
        aria-checked={option === props.chosen}
        class={option === props.chosen ? "on" : ""}
        onClick={() => props.choose(option)}
      >
        {props.text?.(option) ?? option}
      </button>
    ))}
  </div>
)

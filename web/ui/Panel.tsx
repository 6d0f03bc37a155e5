// The box everything stands in: a heading, a body that dims when what it shows is not current.
import type { ComponentChildren } from "preact"

interface PanelProps {
  readonly name: string
  /** The class that places it in the grid. */
  readonly place: string
  readonly head?: ComponentChildren
  readonly stale?: boolean
  readonly children: ComponentChildren
}

export const Panel = ({ name, place, head, stale = false, children }: PanelProps) => (
  <section class={`panel ${place}`} aria-label={name}>
    <div class="head">{head ?? <h2>{name}</h2>}</div>
    <div class={`body ${stale ? "stale" : ""}`}>{children}</div>
  </section>
)

/** What will be here, and the one thing to do about it. */
export const Empty = ({ what, children }: { what: string; children?: ComponentChildren }) => (
  <div class="empty">
    <b>{what}</b>
    {children === undefined ? null : <span>{children}</span>}
  </div>
)

// Where a decimal becomes a length on the screen: the only float of the page, and none comes back from it.
import type { ComponentChildren } from "preact"
import * as Figure from "./Figure.ts"

/** Good enough to draw with, never to reckon with. */
export const approximate = (text: string): number => Number(text)

/** A decimal with exactly `decimals` places, or a dash where there is none. */
export const Decimal = ({ text, decimals }: { text: string | null | undefined; decimals: number }) => (
  <span class="num">{typeof text === "string" ? Figure.fixed(text, decimals) : "–"}</span>
)

/** A label above its number. */
export const Labelled = ({ label, tone, children }: { label: string; tone?: string; children: ComponentChildren }) => (
  <span class="kv">
    <span class="label">{label}</span>
    <b class={`num ${tone ?? ""}`}>{children}</b>
  </span>
)

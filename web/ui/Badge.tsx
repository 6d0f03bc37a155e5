// Where an account trades. Real money has a colour of its own, filled: nothing else on the page looks like it.
import type { BadgeView } from "../../src/contract/Views.ts"

export const Badge = ({ environment }: { environment: BadgeView["environment"] }) => (
  <span class={`badge ${environment === "live" ? "real" : ""}`}>{environment.toUpperCase()}</span>
)

// Named places between the steps of an order's life. Nothing happens there, unless a test makes it happen: it may end the process.
import { Context } from "effect"

export const milestones = [
  "command received",
  "command stored",
  "doorbell rung",
  "command taken",
  "step decided",
  "step stored",
  "step remembered",
  "step published",
  "call made",
  "call answered",
  "report heard",
  "evidence asked for",
  "survey taken",
  "survey settled"
] as const
export type MilestoneName = (typeof milestones)[number]

/** Called at each of them, synchronously. */
export const Milestone = Context.Reference<(name: MilestoneName) => void>("outcry/ports/Milestone", {
  defaultValue: () => () => undefined
})

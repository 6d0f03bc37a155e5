// Choices about the look, kept on this device.
import { effect, signal } from "@preact/signals"
import type { Interval } from "../../src/domain/Candle.ts"

const read = <T extends string>(name: string, allowed: ReadonlyArray<T>, fallback: T): T => {
  const stored = typeof localStorage === "undefined" ? null : localStorage.getItem(`outcry.${name}`)
  return allowed.find((value) => value === stored) ?? fallback
}

const prefersLight = () => typeof matchMedia !== "undefined" && matchMedia("(prefers-color-scheme: light)").matches

export const chartIntervals = ["1s", "1m", "5m", "15m", "1h", "4h", "1d"] as const satisfies ReadonlyArray<Interval>

export const theme = signal(read("theme", ["dark", "light"], prefersLight() ? "light" : "dark"))
/** Green and red, or blue and orange for eyes that cannot tell those apart. */
export const colours = signal(read("colours", ["plain", "blind"], "plain"))
export const interval = signal<(typeof chartIntervals)[number]>(read("interval", chartIntervals, "1m"))

const intervalChosen = () => typeof localStorage !== "undefined" && localStorage.getItem("outcry.interval") !== null

export const chooseInterval = (next: typeof interval.value): void => {
  localStorage.setItem("outcry.interval", next)
  interval.value = next
}

/** What suits the market, where the person has not chosen. */
export const suggestInterval = (next: typeof interval.value): void => {
  if (!intervalChosen()) interval.value = next
}

export const toggleTheme = (): void => void (theme.value = theme.peek() === "dark" ? "light" : "dark")
export const toggleColours = (): void => void (colours.value = colours.peek() === "plain" ? "blind" : "plain")

/** Writes the choices to the page and to storage, now and whenever they change. */
export const keep = (): void => {
  effect(() => {
    document.documentElement.dataset.theme = theme.value
    document.documentElement.dataset.colours = colours.value
    document
      .querySelector('meta[name="theme-color"]')
      ?.setAttribute("content", theme.value === "dark" ? "#090c10" : "#eef1f5")
    localStorage.setItem("outcry.theme", theme.value)
    localStorage.setItem("outcry.colours", colours.value)
  })
}

// Moments as the person's own clock shows them.

const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23"
})
const date = new Intl.DateTimeFormat("sv-SE", { year: "numeric", month: "2-digit", day: "2-digit" })

/** 21:59:59 */
export const time = (at: number): string => clock.format(at)

/** 21:59:59.042 */
export const preciseTime = (at: number): string =>
  `${clock.format(at)}.${String(Math.trunc(at) % 1_000).padStart(3, "0")}`

/** 2024-08-08 21:59:59 */
export const moment = (at: number): string => `${date.format(at)} ${clock.format(at)}`

/** 3 s, 5 min, 2 h */
export const duration = (millis: number): string => {
  const seconds = Math.max(0, Math.round(millis / 1_000))
  if (seconds < 120) return `${seconds} s`
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`
}

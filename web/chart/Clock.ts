// The time axis in the person's own time zone: the chart itself only knows UTC.
import { TickMarkType, type Time } from "lightweight-charts"

const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(undefined, options)
const minutes = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" })
const seconds = format({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" })
const day = format({ day: "numeric", month: "short" })
const month = format({ month: "short" })
const year = format({ year: "numeric" })
const full = format({
  day: "2-digit",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23"
})

const tickFormats: Record<TickMarkType, Intl.DateTimeFormat> = {
  [TickMarkType.Year]: year,
  [TickMarkType.Month]: month,
  [TickMarkType.DayOfMonth]: day,
  [TickMarkType.Time]: minutes,
  [TickMarkType.TimeWithSeconds]: seconds
}

export const tick = (time: Time, type: TickMarkType): string => tickFormats[type].format((time as number) * 1_000)
export const moment = (time: Time): string => full.format((time as number) * 1_000)

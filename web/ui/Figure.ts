// Decimals as text for people. They stay text all the way: nothing here goes through a binary float.
import * as Money from "../../src/domain/Money.ts"

/** Thousands apart: 61685.99 → 61,685.99. */
export const grouped = (text: string): string => {
  const [whole = "", fraction] = text.split(".")
  const apart = whole.replace(/\B(?=(?:\d{3})+$)/g, ",")
  return fraction === undefined ? apart : `${apart}.${fraction}`
}

/** Exactly `decimals` places, thousands apart. Text that is no decimal comes back as it is. */
export const fixed = (text: string, decimals: number): string => {
  const point = text.indexOf(".")
  const given = point === -1 ? 0 : text.length - point - 1
  // The usual case, many times a frame: only zeros are missing.
  if (given <= decimals && /^-?[\d.]+$/.test(text)) {
    return grouped(given === decimals ? text : `${point === -1 ? `${text}.` : text}${"0".repeat(decimals - given)}`)
  }
  const value = Money.parse(text)
  return value === undefined ? text : grouped(Money.toFixed(value, decimals))
}

/** With its sign always: +80.39, −3.10, 0.00. */
export const signed = (value: Money.Decimal, decimals: number): string => {
  const text = grouped(Money.toFixed(Money.abs(value), decimals))
  const sign = /[1-9]/.test(text) ? Money.sign(value) : 0
  return sign === 0 ? text : sign > 0 ? `+${text}` : `−${text}`
}

/** A share as a percentage: 0.001 → 0.10 %. */
export const percent = (share: Money.Decimal, decimals = 2): string =>
  `${Money.toFixed(Money.multiply(share, Money.decimal("100")), decimals)} %`

const MILLION = Money.decimal("1000000")
/** Digits that a narrow column has room for. */
const ROOM = 6

/** A size in a narrow column: fewer decimals the larger it is, and millions as such. 0.523, 1,204.55, 559,714, 12.35M. */
export const brief = (value: Money.Decimal, decimals: number): string => {
  const millions = Money.toFixed(value, 0).length > ROOM
  const shown = millions ? Money.divide(value, MILLION) : value
  const room = millions ? 2 : Math.max(0, ROOM - Money.toFixed(shown, 0).length)
  return grouped(Money.toFixed(shown, Math.min(millions ? room : decimals, 3, room))) + (millions ? "M" : "")
}

/** Any decimal text with at most `decimals` places, trailing zeros gone. */
export const plain = (text: string, decimals: number): string => {
  const value = Money.parse(text)
  return value === undefined ? text : grouped(Money.format(Money.round(value, decimals)))
}

// Sixty finer candles of a coarser one. They meet each other, reach its high and its low, and add up to it in everything.
import type { Candle } from "../../domain/Candle.ts"
import { exponentialOf } from "./Chance.ts"

export const PARTS = 60

/** How the price went through a candle. */
export interface Shape {
  /** Ticks at the 61 bounds of its parts; among them its high and its low. */
  readonly points: ReadonlyArray<number>
  /** How lively each part is: its share of the variance, 1 on average. */
  readonly liveliness: ReadonlyArray<number>
  /** Typical move over the whole candle, in ticks. */
  readonly deviation: number
}

/** A number in [0, 1) for a part and a purpose. */
export type PartChance = (purpose: number, part: number) => number

/** How far a walk that moves by `move` in all reaches upwards on its way: the exact law for a Brownian bridge, from a uniform number. */
export const reach = (move: number, deviation: number, uniform: number): number =>
  (move + Math.sqrt(move * move + 2 * deviation * deviation * exponentialOf(uniform))) / 2

interface PriceRange {
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
}

/** `least` lots and trades go to every part; the candle must have 60 times as many. */
export const subdivide = (parent: Candle, shape: Shape, chance: PartChance, least: number): ReadonlyArray<Candle> => {
  const length = (parent.closeTime + 1 - parent.openTime) / PARTS
  const ranges = shape.liveliness.map((_, part) => rangeOf(parent, shape, chance, part))
  const means = ranges.map(({ open, high, low, close }) => (open + high + low + close) / 4 - parent.low)
  // Beyond the low, these products stay far below the largest safe integer.
  const extra = Number(parent.quoteUnits - BigInt(parent.volume) * BigInt(parent.low))
  const appetite = shape.liveliness.map(
    (lively, part) => Math.sqrt(lively) * (0.3 + 0.7 * exponentialOf(chance(3, part)))
  )
  const volumes = split(parent.volume, tilted(appetite, means, extra / parent.volume), least)
  const trades = split(parent.trades, volumes, least)
  const quotes = quotesOf(ranges, means, volumes, extra, parent)
  const bought = boughtOf(ranges, volumes, parent, chance)
  return ranges.map((range, part) => ({
    openTime: parent.openTime + part * length,
    closeTime: parent.openTime + (part + 1) * length - 1,
    ...range,
    volume: volumes[part]!,
    quoteUnits: BigInt(volumes[part]!) * BigInt(parent.low) + BigInt(quotes[part]!),
    trades: trades[part]!,
    takerBuyVolume: bought[part]!
  }))
}

const rangeOf = (
  parent: Candle,
  { points, liveliness, deviation }: Shape,
  chance: PartChance,
  part: number
): PriceRange => {
  const open = points[part]!
  const close = points[part + 1]!
  const own = deviation * Math.sqrt(liveliness[part]! / PARTS)
  const [top, bottom] = [Math.max(open, close), Math.min(open, close)]
  const over = Math.round(open + reach(close - open, own, chance(1, part)))
  const under = Math.round(open - reach(open - close, own, chance(2, part)))
  // Part of the way to the bound, not to it: else whole rows of candles would end at the same price.
  const high = over <= parent.high ? over : top + Math.round((parent.high - top) * chance(5, part))
  const low = under >= parent.low ? under : bottom - Math.round((bottom - parent.low) * chance(6, part))
  return { open, high: Math.max(high, top), low: Math.min(low, bottom), close }
}

/** `whole` in whole numbers, `least` for each and the rest by weight. */
const split = (whole: number, weights: ReadonlyArray<number>, least: number): Array<number> => {
  const total = sum(weights)
  const rest = whole - least * weights.length
  let weight = 0
  let given = 0
  return weights.map((own, part) => {
    weight += own
    const sofar = part === weights.length - 1 ? rest : Math.floor((rest * weight) / total)
    const share = sofar - given
    given = sofar
    return least + share
  })
}

/** The weights, with those above or below `mean` raised until the weighted mean of `values` is `mean`, as nearly as it goes. */
const tilted = (weights: ReadonlyArray<number>, values: ReadonlyArray<number>, mean: number): ReadonlyArray<number> => {
  const meanOf = (some: ReadonlyArray<number>) =>
    some.reduce((at, weight, part) => at + weight * values[part]!, 0) / sum(some)
  const present = meanOf(weights)
  if (present === mean) return weights
  const sign = mean > present ? 1 : -1
  // Where no part lies beyond the mean, the farthest ones come nearest to it.
  const farthest = Math.max(...values.map((value) => value * sign))
  const wanted = weights.map((weight, part) => {
    const value = values[part]! * sign
    return value > mean * sign || value === farthest ? weight : 0
  })
  const missing = meanOf(wanted) - present
  const share = missing === 0 ? 0 : Math.min(0.98, (mean - present) / missing)
  const scale = (share * sum(weights)) / sum(wanted)
  return weights.map((weight, part) => weight * (1 - share) + wanted[part]! * scale)
}

/** What each part traded beyond its volume at the parent's low, `extra` in all: near its mean price, and what rounding left where there is room. */
const quotesOf = (
  ranges: ReadonlyArray<PriceRange>,
  means: ReadonlyArray<number>,
  volumes: ReadonlyArray<number>,
  extra: number,
  parent: Candle
): ReadonlyArray<number> => {
  const quotes = means.map((mean, part) => Math.round(mean * volumes[part]!))
  let missing = extra - sum(quotes)
  for (let part = 0; part < quotes.length && missing !== 0; part++) {
    const bound = (missing > 0 ? ranges[part]!.high : ranges[part]!.low) - parent.low
    const room = bound * volumes[part]! - quotes[part]!
    const given = missing > 0 ? Math.min(missing, room) : Math.max(missing, room)
    quotes[part]! += given
    missing -= given
  }
  // No part had room: less than a tick of the busiest one's mean price.
  if (missing !== 0) quotes[volumes.indexOf(Math.max(...volumes))]! += missing
  return quotes
}

/** Takers buy more in parts that rise, and as much in all as in the parent. */
const boughtOf = (
  ranges: ReadonlyArray<PriceRange>,
  volumes: ReadonlyArray<number>,
  parent: Candle,
  chance: PartChance
): ReadonlyArray<number> => {
  const share = parent.takerBuyVolume / parent.volume
  const wanted = ranges.map(({ open, close }, part) => {
    const lean = (close > open ? 0.3 : close < open ? -0.3 : 0) * chance(4, part)
    return volumes[part]! * Math.min(1, Math.max(0, share + lean))
  })
  const total = sum(wanted)
  const [more, less] = [parent.takerBuyVolume > total, parent.takerBuyVolume < total]
  const selling = (parent.volume - parent.takerBuyVolume) / Math.max(1, parent.volume - total)
  let exact = 0
  let given = 0
  return wanted.map((own, part) => {
    if (more) exact += volumes[part]! - (volumes[part]! - own) * selling
    else exact += less ? (own * parent.takerBuyVolume) / total : own
    const sofar = part === wanted.length - 1 ? parent.takerBuyVolume : Math.round(exact)
    const bought = Math.min(volumes[part]!, Math.max(0, sofar - given))
    given += bought
    return bought
  })
}

const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((total, number) => total + number, 0)

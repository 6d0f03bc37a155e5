// That an exchange wants nothing from one address for a while: what one process was told counts for all that call from there.
import * as Schema from "effect/Schema"

/** Binance bans for three days at most. */
const LONGEST_MILLIS = 3 * 24 * 60 * 60_000
/** What the clocks of two processes may be apart. */
const CLOCKS_MILLIS = 60_000

const Time = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))

/** Epoch milliseconds. */
export const Stop = Schema.Struct({
  /** Who is called, and from where. */
  address: Schema.String.check(Schema.isMaxLength(512)),
  until: Time,
  /** Zero where it is no ban. */
  bannedUntil: Time
})
export type Stop = typeof Stop.Type

/** Both told: the longer counts. */
export const longer = (one: Stop, other: Stop | undefined): Stop =>
  other === undefined
    ? one
    : {
        address: one.address,
        until: Math.max(one.until, other.until),
        bannedUntil: Math.max(one.bannedUntil, other.bannedUntil)
      }

export const holds = ({ until }: Stop, now: number): boolean => until > now

/** Whether another one's word can be true. What cannot stops nobody. */
export const isCredible = (stop: Stop, now: number): boolean =>
  holds(stop, now) && stop.bannedUntil <= stop.until && stop.until - now <= LONGEST_MILLIS + CLOCKS_MILLIS

/** As others will believe it. */
export const credible = ({ address, bannedUntil, until }: Stop, now: number): Stop => {
  const last = now + LONGEST_MILLIS
  return { address, until: Math.ceil(Math.min(until, last)), bannedUntil: Math.ceil(Math.min(bannedUntil, last)) }
}

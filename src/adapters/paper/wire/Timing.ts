// Whether a signed request came in time (REST API, "Timing security").
import type { RawParams } from "./RawParams.ts"
import * as Wire from "./WireError.ts"
import type { WireError } from "./WireError.ts"

const DEFAULT_WINDOW_MILLIS = 5_000
const MAX_WINDOW_MILLIS = 60_000
/** A clock may be ahead by less than this. */
const AHEAD_MILLIS = 1_000
/** Sixteen digits are microseconds, thirteen milliseconds. */
const MICROSECONDS_FROM = 100_000_000_000_000

const WINDOW = /^[0-9]{1,20}(?:\.[0-9]{1,3})?$/
const WINDOW_RANGE = "^([0-9]{1,20})(\\.[0-9]{1,3})?$"

/**
 * `timestamp` in milliseconds or microseconds, `recvWindow` in milliseconds with up to three decimals. `now` is the exchange's clock,
 * epoch milliseconds. `undefined` where the request is in time.
 */
export const checkTiming = (raw: RawParams, now: number): WireError | undefined => {
  const sent = raw.get("timestamp")
  if (sent === undefined || sent === "") return Wire.missing("timestamp")
  if (!/^[0-9]{1,20}$/.test(sent)) return Wire.illegal("timestamp", "^[0-9]{1,20}$")
  const asked = raw.get("recvWindow")
  if (asked === "") return Wire.empty("recvWindow")
  if (asked !== undefined && !WINDOW.test(asked)) return Wire.illegal("recvWindow", WINDOW_RANGE)
  const window = asked === undefined ? DEFAULT_WINDOW_MILLIS : Number(asked)
  if (window > MAX_WINDOW_MILLIS) return Wire.recvWindowTooLarge
  const stated = Number(sent)
  const timestamp = stated >= MICROSECONDS_FROM ? stated / 1000 : stated
  if (timestamp >= now + AHEAD_MILLIS) return Wire.ahead
  return now - timestamp > window ? Wire.outsideWindow : undefined
}

// Limits of addresses and accounts: fixed windows, what a refusal says, bans that grow, and fills that make room.
import { assert, describe, it } from "@effect/vitest"
import { Limits, tenth } from "../../../../src/adapters/paper/wire/Limits.ts"
import { PATIENCE } from "../../../../src/adapters/paper/wire/OpenPoints.ts"
import { checkTiming } from "../../../../src/adapters/paper/wire/Timing.ts"
import type { WireError } from "../../../../src/adapters/paper/wire/WireError.ts"

/** Midnight, and so the start of every window. */
const MIDNIGHT = Date.UTC(2024, 7, 1)

const said = (error: WireError | undefined) => error && `${error.status} ${error.code} ${error.message}`

describe("limits of an address", () => {
  it("let 6000 of weight through in a minute of the clock, and say when the next begins", () => {
    const limits = new Limits(true)
    const now = MIDNIGHT + 59_000
    assert.isUndefined(limits.weigh(limits.usage("a", now), 5_990, now))
    assert.isUndefined(limits.weigh(limits.usage("a", now), 10, now))
    const refused = limits.weigh(limits.usage("a", now), 1, now)
    assert.match(
      said(refused) ?? "",
      /^429 -1003 Too much request weight used; current limit is 6000 request weight per 1 MINUTE\./
    )
    assert.deepStrictEqual(refused?.retry, { serverTime: now, retryAfter: MIDNIGHT + 60_000 })
    assert.isUndefined(limits.weigh(limits.usage("b", now), 6_000, now))
    const later = MIDNIGHT + 60_000
    assert.isUndefined(limits.weigh(limits.usage("a", later), 6_000, later))
  })

  it("ban an address that goes on asking, for longer each time", () => {
    const limits = new Limits(true)
    let now = MIDNIGHT
    const exhaust = () => {
      limits.usage("a", now).weight = 6_000
      for (let n = 0; n < PATIENCE; n++) assert.strictEqual(limits.arrive(limits.usage("a", now), now)?.status, 429)
      return limits.arrive(limits.usage("a", now), now)
    }
    const first = exhaust()
    assert.strictEqual(
      said(first),
      `418 -1003 Way too much request weight used; IP banned until ${now + 120_000}. Please use WebSocket Streams for live updates to avoid bans.`
    )
    now += 119_999
    assert.strictEqual(limits.arrive(limits.usage("a", now), now)?.status, 418)
    now += 60_001
    assert.isUndefined(limits.arrive(limits.usage("a", now), now))
    assert.deepStrictEqual(exhaust()?.retry, { serverTime: now, retryAfter: now + 240_000 })
  })

  it("refuse the 301st connection attempt in five minutes", () => {
    const limits = new Limits(true)
    for (let n = 0; n < 300; n++) assert.isUndefined(limits.connect(limits.usage("a", MIDNIGHT), MIDNIGHT))
    assert.strictEqual(limits.connect(limits.usage("a", MIDNIGHT), MIDNIGHT)?.status, 429)
    const later = MIDNIGHT + 300_000
    assert.isUndefined(limits.connect(limits.usage("a", later), later))
  })

  it("are what they are told to be, for weight, requests and orders", () => {
    const limits = new Limits(true, tenth)
    assert.isUndefined(limits.weigh(limits.usage("a", MIDNIGHT), 600, MIDNIGHT))
    const heavy = said(limits.weigh(limits.usage("a", MIDNIGHT), 1, MIDNIGHT))
    assert.include(heavy, "429 -1003 Too much request weight used; current limit is 600 request weight per 1 MINUTE.")
    for (let n = 0; n < 30_000; n++) assert.isUndefined(limits.arrive(limits.usage("b", MIDNIGHT), MIDNIGHT))
    const many = said(limits.arrive(limits.usage("b", MIDNIGHT), MIDNIGHT))
    assert.include(many, "429 -1003 Too many requests; current limit is 30000 requests per 5 MINUTE.")
    limits.takeOrders("acc", 10, MIDNIGHT)
    const ordered = said(limits.overOrders("acc", 1, MIDNIGHT))
    assert.strictEqual(ordered, "429 -1015 Too many new orders; current limit is 10 orders per 10 SECOND.")
  })

  it("count, but refuse nobody, where they are switched off", () => {
    const limits = new Limits(false)
    for (let n = 0; n < 10; n++) assert.isUndefined(limits.weigh(limits.usage("a", MIDNIGHT), 1_000, MIDNIGHT))
    assert.isUndefined(limits.arrive(limits.usage("a", MIDNIGHT), MIDNIGHT))
    assert.strictEqual(limits.usage("a", MIDNIGHT).weight, 10_000)
    // Told too, so that a client which keeps to what it is told holds nothing back.
    assert.isAbove(limits.sizes.ordersPer10Seconds, 500)
    limits.takeOrders("acc", 500, MIDNIGHT)
    assert.isUndefined(limits.overOrders("acc", 1, MIDNIGHT))
  })
})

describe("unfilled orders of an account", () => {
  it("are at most 100 in ten seconds of the clock", () => {
    const limits = new Limits(true)
    const now = MIDNIGHT + 9_000
    limits.takeOrders("acc", 98, now)
    assert.isUndefined(limits.overOrders("acc", 2, now))
    const refused = limits.overOrders("acc", 3, now)
    assert.strictEqual(said(refused), "429 -1015 Too many new orders; current limit is 100 orders per 10 SECOND.")
    assert.deepStrictEqual(refused?.retry, { serverTime: now, retryAfter: MIDNIGHT + 10_000 })
    assert.isUndefined(limits.overOrders("acc", 100, MIDNIGHT + 10_000))
    assert.strictEqual(limits.orders("acc", MIDNIGHT + 10_000).day, 98)
  })

  it("fall by fills, more for a maker than for a taker, and never below nothing", () => {
    const limits = new Limits(true)
    limits.takeOrders("acc", 7, MIDNIGHT)
    limits.filled("acc", false, MIDNIGHT)
    assert.include(limits.orders("acc", MIDNIGHT), { tenSeconds: 6, day: 6 })
    limits.filled("acc", true, MIDNIGHT)
    assert.include(limits.orders("acc", MIDNIGHT), { tenSeconds: 1, day: 1 })
    limits.filled("acc", true, MIDNIGHT)
    assert.include(limits.orders("acc", MIDNIGHT), { tenSeconds: 0, day: 0 })
  })

  it("are given back to the window they were taken from, and to no later one", () => {
    const limits = new Limits(true)
    limits.takeOrders("acc", 3, MIDNIGHT)
    limits.giveBack("acc", 1, MIDNIGHT + 1)
    assert.include(limits.orders("acc", MIDNIGHT + 1), { tenSeconds: 2, day: 2 })
    limits.takeOrders("acc", 4, MIDNIGHT + 10_000)
    limits.giveBack("acc", 1, MIDNIGHT)
    assert.include(limits.orders("acc", MIDNIGHT + 10_001), { tenSeconds: 4, day: 5 })
  })

  it("are at most 200000 in a day, beyond which the ten seconds no longer count", () => {
    const limits = new Limits(true)
    limits.takeOrders("acc", 200_000, MIDNIGHT)
    const later = MIDNIGHT + 10_000
    assert.strictEqual(
      said(limits.overOrders("acc", 1, later)),
      "429 -1015 Too many new orders; current limit is 200000 orders per 1 DAY."
    )
    limits.takeOrders("acc", 1, later)
    assert.strictEqual(limits.orders("acc", later).tenSeconds, 0)
  })
})

describe("timing", () => {
  const at = (params: Record<string, string>) => said(checkTiming(new Map(Object.entries(params)), MIDNIGHT))
  const AHEAD = "400 -1021 Timestamp for this request was 1000ms ahead of the server's time."
  const LATE = "400 -1021 Timestamp for this request is outside of the recvWindow."

  it("takes what is under a second ahead, and at most the window behind", () => {
    assert.isUndefined(at({ timestamp: String(MIDNIGHT + 999) }))
    assert.strictEqual(at({ timestamp: String(MIDNIGHT + 1_000) }), AHEAD)
    assert.isUndefined(at({ timestamp: String(MIDNIGHT - 5_000) }))
    assert.strictEqual(at({ timestamp: String(MIDNIGHT - 5_001) }), LATE)
    assert.isUndefined(at({ timestamp: String(MIDNIGHT - 60_000), recvWindow: "60000" }))
    assert.strictEqual(at({ timestamp: "1" }), LATE)
  })

  it("takes microseconds, and a window with three decimals", () => {
    assert.isUndefined(at({ timestamp: `${MIDNIGHT - 2}500`, recvWindow: "1.5" }))
    assert.strictEqual(at({ timestamp: `${MIDNIGHT - 2}499`, recvWindow: "1.5" }), LATE)
    assert.strictEqual(at({ timestamp: `${MIDNIGHT + 1_000}000` }), AHEAD)
  })

  it("refuses what is no time and no window", () => {
    assert.match(at({}) ?? "", /^400 -1102 Mandatory parameter 'timestamp'/)
    assert.match(at({ timestamp: "now" }) ?? "", /^400 -1100 /)
    assert.strictEqual(at({ timestamp: "1", recvWindow: "60001" }), "400 -1131 recvWindow must be less than 60000")
    assert.strictEqual(at({ timestamp: "1", recvWindow: "60000.001" }), "400 -1131 recvWindow must be less than 60000")
    for (const recvWindow of ["-1", "1.2345", "5s"]) {
      assert.match(at({ timestamp: "1", recvWindow }) ?? "", /^400 -1100 .*'recvWindow'/)
    }
  })
})

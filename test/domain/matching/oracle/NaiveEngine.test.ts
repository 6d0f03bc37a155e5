import { assert, describe, it } from "@effect/vitest"
import type { Command, NewList } from "../../../../src/domain/matching/Command.ts"
import type { NewOrder } from "../../../../src/domain/matching/Order.ts"
import * as Reject from "../../../../src/domain/matching/Rejection.ts"
import type { Rejection } from "../../../../src/domain/matching/Rejection.ts"
import { canonical, readNaive } from "./Canonical.ts"
import * as Funds from "./Funds.ts"
import type { PlainMarket } from "./History.ts"
import { marketOf } from "./History.ts"
import { NaiveEngine } from "./NaiveEngine.ts"
import { remaining } from "./State.ts"
import { listings } from "./World.ts"

// One tick is 0.01 USD, one lot 0.001 ALF: a lot at 100 ticks costs 100,000 units of USD and is 100,000 units of ALF.
const symbol = "ALFUSD"
const reference = 100_000_000n
const LOT = 100_000n

type Levels = Partial<PlainMarket>

const desk = () => {
  const engine = new NaiveEngine()
  let at = 0
  const give = (command: Command, market: Levels = {}) => {
    const plain = { bids: [], asks: [], lastTicks: 100, reference, lastTradeId: 0, ...market }
    return engine.apply(command, marketOf(plain))
  }
  give({ _tag: "List", at, listing: listings[0]! })
  for (const account of ["ann", "bob"]) {
    const balances = ["USD", "ALF"].map((asset) => ({ asset, amount: 100n * LOT }))
    give({ _tag: "OpenAccount", at, account, balances })
  }
  const place = (account: string, order: NewOrder, market?: Levels) =>
    give({ _tag: "Place", at: ++at, account, symbol, order }, market)
  const list = (account: string, list: NewList, market?: Levels) =>
    give({ _tag: "PlaceList", at: ++at, account, symbol, list }, market)
  const tape = (takerSide: "BUY" | "SELL", lots: number, ticks: number, market?: Levels) =>
    give({ _tag: "Tape", at: ++at, symbol, ticks, lots, takerSide }, market)
  const open = () => engine.state.orders.map((order) => `${order.clientOrderId} ${remaining(order)} ${order.status}`)
  const free = (account: string, asset: string) => Funds.free(engine.state, account, asset)
  return { engine, give, place, list, tape, open, free }
}

const order = (id: string, side: "BUY" | "SELL", lots: number, more: Partial<NewOrder> = {}): NewOrder => ({
  clientOrderId: id,
  side,
  type: more.ticks === undefined ? "MARKET" : "LIMIT",
  timeInForce: "GTC",
  lots,
  quote: 0n,
  ticks: 0,
  stopTicks: 0,
  trailingBips: 0,
  icebergLots: 0,
  stp: "EXPIRE_MAKER",
  ...more
})

const stop = (id: string, side: "BUY" | "SELL", lots: number, stopTicks: number): NewOrder => ({
  ...order(id, side, lots),
  type: "STOP_LOSS",
  stopTicks
})

type Answer = ReturnType<NaiveEngine["apply"]>

const refusal = (answer: Answer): ReadonlyArray<Rejection> => (answer.taken ? [] : answer.any)
const trades = (answer: Answer): ReadonlyArray<string> =>
  answer.taken ? answer.prints.map(({ lots, ticks, cause }) => `${lots}@${ticks} ${cause}`) : ["refused"]
const ends = (answer: Answer): ReadonlyArray<string> =>
  answer.taken
    ? answer.steps
        .filter(({ type }) => type !== "NEW" && type !== "TRADE")
        .map((s) => `${s.clientOrderId} ${s.expiry ?? s.status}`)
    : ["refused"]

describe("the naive engine", () => {
  it("trades by price, then users before the outside market, then by time, at the maker's price", () => {
    const { place, open } = desk()
    place("bob", order("late", "SELL", 2, { ticks: 101 }))
    place("bob", order("best", "SELL", 3, { ticks: 100 }))
    place("bob", order("last", "SELL", 2, { ticks: 101 }))
    const asks = [
      { ticks: 100, lots: 4 },
      { ticks: 101, lots: 9 }
    ]
    const taken = place("ann", order("taker", "BUY", 10, { ticks: 101 }), { asks })
    assert.deepStrictEqual(trades(taken), ["3@100 crossed", "4@100 walked", "2@101 crossed", "1@101 crossed"])
    assert.deepStrictEqual(open(), ["last 1 PARTIALLY_FILLED"])
  })

  it("books commission in what is received, and gives price improvement back", () => {
    const { place, free } = desk()
    place("bob", order("s", "SELL", 10, { ticks: 90 }))
    place("ann", order("b", "BUY", 10, { ticks: 100 }))
    assert.strictEqual(free("ann", "USD"), 100n * LOT - 900_000n)
    assert.strictEqual(free("ann", "ALF"), 110n * LOT - 1_000n)
    assert.strictEqual(free("bob", "USD"), 100n * LOT + 900_000n - 675n)
  })

  it("locks what an order may spend and refuses what is not there, changing nothing", () => {
    const { engine, place, free } = desk()
    place("ann", order("b", "BUY", 30, { ticks: 100 }))
    assert.strictEqual(free("ann", "USD"), 70n * LOT)
    for (const id of ["c", "d"]) place("ann", order(id, "BUY", 30, { ticks: 100 }))
    const before = canonical(readNaive(engine), ["ann"], [symbol])
    assert.deepStrictEqual(refusal(place("ann", order("e", "BUY", 11, { ticks: 100 }))), [Reject.insufficientBalance])
    assert.deepStrictEqual(canonical(readNaive(engine), ["ann"], [symbol]), before)
  })

  it("shows one slice of an iceberg and sends each next one to the back", () => {
    const { engine, place } = desk()
    place("bob", order("ice", "SELL", 7, { ticks: 100, icebergLots: 3 }))
    place("bob", order("plain", "SELL", 2, { ticks: 100 }))
    assert.deepStrictEqual(readNaive(engine).levels(symbol, "SELL"), [{ ticks: 100, lots: 5 }])
    const taken = place("ann", order("b", "BUY", 8, { ticks: 100 }))
    assert.deepStrictEqual(trades(taken), ["3@100 crossed", "2@100 crossed", "3@100 crossed"])
  })

  it("fills fill-or-kill orders whole or not at all, and expires what an immediate order leaves", () => {
    const { place, open } = desk()
    place("bob", order("s", "SELL", 5, { ticks: 100 }))
    assert.deepStrictEqual(ends(place("ann", order("f", "BUY", 6, { ticks: 100, timeInForce: "FOK" }))), [
      "f UNFILLED_FOK_ORDER_EXPIRED"
    ])
    assert.deepStrictEqual(open(), ["s 5 NEW"])
    assert.deepStrictEqual(ends(place("ann", order("i", "BUY", 6, { ticks: 100, timeInForce: "IOC" }))), [
      "i UNFILLED_IOC_QUANTITY_EXPIRED"
    ])
    assert.deepStrictEqual(ends(place("ann", order("m", "BUY", 2))), ["m INSUFFICIENT_LIQUIDITY"])
  })

  it("sizes a market order by quote level by level, and wants at least one lot of liquidity", () => {
    const { place } = desk()
    const asks = [
      { ticks: 100, lots: 2 },
      { ticks: 110, lots: 9 }
    ]
    const byQuote = (id: string) => order(id, "BUY", 0, { quote: 450_000n })
    assert.deepStrictEqual(trades(place("ann", byQuote("q"), { asks })), ["2@100 walked", "2@110 walked"])
    assert.deepStrictEqual(refusal(place("ann", byQuote("r"))), [Reject.noLiquidity, Reject.liquidityBelowMinimum])
  })

  it("prevents self-trades as the taker's mode says", () => {
    const cases = [
      ["EXPIRE_TAKER", ["own 4 NEW"], ["t EXPIRED_IN_MATCH"]],
      ["EXPIRE_MAKER", ["t 6 NEW"], ["own EXPIRED_IN_MATCH"]],
      ["EXPIRE_BOTH", [], ["own EXPIRED_IN_MATCH", "t EXPIRED_IN_MATCH"]],
      ["DECREMENT", ["t 2 NEW"], ["own EXPIRED_IN_MATCH", "t NEW"]],
      ["TRANSFER", ["t 2 NEW"], ["own EXPIRED_IN_MATCH", "t NEW"]]
    ] as const
    for (const [stp, left, ended] of cases) {
      const { place, open } = desk()
      place("ann", order("own", "SELL", 4, { ticks: 100 }))
      const answer = place("ann", order("t", "BUY", 6, { ticks: 100, stp }))
      assert.deepStrictEqual(ends(answer), [...ended], stp)
      assert.deepStrictEqual(open(), [...left], stp)
    }
  })

  it("triggers stops by the last trade, one after another", () => {
    const { place, tape } = desk()
    place("ann", stop("a", "SELL", 5, 98))
    place("bob", stop("b", "SELL", 5, 97))
    assert.deepStrictEqual(refusal(place("ann", stop("now", "SELL", 5, 100))), [Reject.wouldTrigger])
    const bids = [
      { ticks: 97, lots: 5 },
      { ticks: 96, lots: 9 }
    ]
    assert.deepStrictEqual(trades(tape("SELL", 1, 98, { bids })), ["5@97 walked", "5@96 walked"])
  })

  it("lets a trailing stop follow the best price and fire when it has come back far enough", () => {
    const { place, tape } = desk()
    place("ann", { ...stop("t", "SELL", 5, 0), trailingBips: 200 })
    const bids = [{ ticks: 90, lots: 20 }]
    for (const ticks of [104, 110, 108]) assert.deepStrictEqual(trades(tape("BUY", 1, ticks, { bids })), [])
    assert.deepStrictEqual(trades(tape("SELL", 1, 107, { bids })), ["5@90 walked"])
  })

  it("holds the legs of an OCO once, and one firing ends the other", () => {
    const { list, place, free, open } = desk()
    const above = order("above", "SELL", 10, { ticks: 105, type: "LIMIT_MAKER" })
    list("ann", { kind: "OCO", listClientOrderId: "l", above, below: stop("below", "SELL", 10, 95) })
    assert.strictEqual(free("ann", "ALF"), 90n * LOT)
    assert.deepStrictEqual(ends(place("bob", order("b", "BUY", 3, { ticks: 105 }))), ["below OCO_TRIGGER"])
    assert.deepStrictEqual(open(), ["above 7 PARTIALLY_FILLED"])
  })

  it("places what is pending once the working leg has filled wholly, and ends it where it did not", () => {
    const { list, place, open, free } = desk()
    const otoco = (id: string, timeInForce: "GTC" | "IOC"): NewList => ({
      kind: "OTOCO",
      listClientOrderId: id,
      working: order(`${id}w`, "BUY", 4, { ticks: 100, timeInForce }),
      above: order(`${id}a`, "SELL", 4, { ticks: 105, type: "LIMIT_MAKER" }),
      below: stop(`${id}b`, "SELL", 4, 95)
    })
    list("ann", otoco("x", "GTC"))
    place("bob", order("s", "SELL", 2, { ticks: 100 }))
    assert.deepStrictEqual(open(), ["xw 2 PARTIALLY_FILLED", "xb 4 PENDING_NEW", "xa 4 PENDING_NEW"])
    place("bob", order("s", "SELL", 2, { ticks: 100 }))
    assert.deepStrictEqual(open(), ["xb 4 NEW", "xa 4 NEW"])
    assert.strictEqual(free("ann", "ALF"), 100n * LOT - 300n)
    assert.deepStrictEqual(ends(list("ann", otoco("y", "IOC"))), [
      "yw UNFILLED_IOC_QUANTITY_EXPIRED",
      "yb OTO_PHASE_ONE_EXPIRED",
      "ya OTO_PHASE_ONE_EXPIRED"
    ])
  })

  it("queues behind the outside market's lots, and fills at once where the market goes past", () => {
    const { place, tape, give, open } = desk()
    const bids = [{ ticks: 99, lots: 6 }]
    place("ann", order("queued", "BUY", 4, { ticks: 99 }), { bids })
    assert.deepStrictEqual(trades(tape("SELL", 5, 99)), [])
    assert.deepStrictEqual(trades(tape("SELL", 3, 99)), ["2@99 queue"])
    place("bob", order("better", "BUY", 3, { ticks: 100 }))
    assert.deepStrictEqual(trades(tape("SELL", 4, 98)), ["3@100 through", "1@99 through"])
    place("ann", order("again", "BUY", 4, { ticks: 99 }), { bids })
    give({ _tag: "Outside", at: 9, symbol, side: "BUY", ticks: 99, lots: 1 })
    assert.deepStrictEqual(open(), ["queued 1 PARTIALLY_FILLED", "again 4 NEW"])
    assert.deepStrictEqual(trades(tape("SELL", 3, 99)), ["1@99 queue", "1@99 queue"])
    const asks = give({ _tag: "Outside", at: 9, symbol, side: "SELL", ticks: 98, lots: 2 })
    assert.deepStrictEqual(trades(asks), ["2@99 through"])
  })

  it("shrinks an amended order in its place, and tells both halves of a cancel-replace", () => {
    const { give, place } = desk()
    place("bob", order("first", "SELL", 5, { ticks: 100 }))
    place("bob", order("second", "SELL", 5, { ticks: 100 }))
    give({ _tag: "Amend", at: 5, account: "bob", symbol, order: { orderId: 1 }, lots: 3, clientOrderId: "first" })
    const replaced = give({
      _tag: "CancelReplace",
      at: 6,
      account: "ann",
      symbol,
      cancel: { clientOrderId: "none" },
      cancelId: "c",
      mode: "ALLOW_FAILURE",
      mayPlace: true,
      order: order("b", "BUY", 4, { ticks: 100 })
    })
    assert.deepStrictEqual(trades(replaced), ["3@100 crossed", "1@100 crossed"])
    assert.deepStrictEqual(replaced.taken && replaced.replace, { cancel: [Reject.unknownOrder], placed: "done" })
  })
})

// What happened to an account, in the words of the user data stream (User data streams, "Payload").
import type { BalancesChanged, EngineEvent, Execution, ListStatus } from "../../../domain/matching/Event.ts"
import { type Caller, stamp } from "./Endpoint.ts"
import { amountText, type Scale, ZERO } from "./Scale.ts"

type View = Record<string, unknown>
type Times = Pick<Caller, "micros">

/** Accounts are not grouped here. */
const NO_GROUP = -1

/** The event of one account's stream; `undefined` for what concerns the public only. `now` is when it goes out. */
export const userEvent = (
  event: EngineEvent,
  scaleOf: (symbol: string) => Scale,
  now: number,
  times: Times
): View | undefined => {
  switch (event._tag) {
    case "Execution":
      return executionReport(event, scaleOf(event.order.symbol), now, times)
    case "ListStatus":
      return listStatus(event, now, times)
    case "BalancesChanged":
      return accountPosition(event, now, times)
    case "Deposited":
      return {
        e: "balanceUpdate",
        E: stamp(times, now),
        a: event.asset,
        d: amountText(event.amount),
        T: stamp(times, event.at)
      }
    case "PublicTrade":
    case "LevelChanged":
      return undefined
  }
}

const executionReport = (step: Execution, scale: Scale, now: number, times: Times): View => {
  const { order, trade } = step
  const report: View = {
    e: "executionReport",
    E: stamp(times, now),
    s: order.symbol,
    c: step.clientOrderId,
    S: order.side,
    o: order.type,
    f: order.timeInForce,
    q: scale.quantity(step.lots),
    p: scale.price(order.ticks),
    P: scale.price(order.stopTicks),
    F: scale.quantity(order.icebergLots),
    g: order.listId,
    C: step.originalClientOrderId ?? "",
    x: step.type,
    X: step.status,
    r: step.rejectReason ?? "NONE",
    i: order.orderId,
    l: trade === undefined ? ZERO : scale.quantity(trade.lots),
    z: scale.quantity(step.executedLots),
    L: trade === undefined ? ZERO : scale.price(trade.ticks),
    n: trade === undefined ? "0" : amountText(trade.commission),
    N: trade === undefined ? null : trade.commissionAsset,
    T: stamp(times, step.at),
    t: trade === undefined ? -1 : trade.tradeId,
    I: step.executionId,
    w: step.working,
    m: trade?.maker ?? false,
    M: false,
    O: stamp(times, order.createdAt),
    Z: amountText(step.executedQuote),
    Y: trade === undefined ? ZERO : amountText(trade.quote),
    Q: amountText(order.quote)
  }
  if (order.workingAt > 0 && order.workingAt <= step.at) report["W"] = stamp(times, order.workingAt)
  report["V"] = order.stp
  return whereItApplies(report, step, scale, times)
}

const whereItApplies = (report: View, step: Execution, scale: Scale, times: Times): View => {
  const { order, prevented } = step
  if (order.trailingBips > 0) {
    report["d"] = order.trailingBips
    report["D"] = stamp(times, order.trailingAt)
  }
  if (order.strategyId !== undefined) report["j"] = order.strategyId
  if (order.strategyType !== undefined) report["J"] = order.strategyType
  if (step.preventedLots > 0) report["A"] = scale.quantity(step.preventedLots)
  if (prevented !== undefined) {
    report["v"] = prevented.preventedMatchId
    report["B"] = scale.quantity(prevented.lots)
    report["u"] = NO_GROUP
    report["U"] = prevented.counterOrderId
    report["Cs"] = order.symbol
    report["pl"] = scale.quantity(prevented.lots)
    report["pL"] = scale.price(prevented.ticks)
    report["pY"] = amountText(scale.quote(prevented.ticks, prevented.lots))
  }
  if (step.expiry !== undefined) report["eR"] = step.expiry
  return report
}

const listStatus = (status: ListStatus, now: number, times: Times): View => ({
  e: "listStatus",
  E: stamp(times, now),
  s: status.list.symbol,
  g: status.list.listId,
  c: status.list.contingency,
  l: status.type,
  L: status.status,
  r: "NONE",
  C: status.list.listClientOrderId,
  T: stamp(times, status.at),
  O: status.orders.map(({ orderId, clientOrderId }) => ({ s: status.list.symbol, i: orderId, c: clientOrderId }))
})

const accountPosition = (changed: BalancesChanged, now: number, times: Times): View => ({
  e: "outboundAccountPosition",
  E: stamp(times, now),
  u: stamp(times, changed.at),
  B: changed.balances.map(({ asset, free, locked }) => ({ a: asset, f: amountText(free), l: amountText(locked) }))
})

// Amend keep priority: fewer lots, the same place (REST API, "Order Amend Keep Priority").
import { isRejection, find } from "./Cancelling.ts"
import type { Command } from "./Command.ts"
import { legClosed, lockPair, unlockPair } from "./Contingency.ts"
import { AMEND_TO_EXECUTED_EXPIRES } from "./OpenPoints.ts"
import { isMarket, type OpenOrder, remainingOf } from "./OpenOrder.ts"
import * as Rejection from "./Rejection.ts"
import { expire, resize } from "./Resting.ts"
import type { Seat } from "./Seat.ts"
import type { Step } from "./Step.ts"

type Refusal = Rejection.Rejection | undefined
type Amend = Extract<Command, { readonly _tag: "Amend" }>

export const amend = (step: Step, seat: Seat, command: Amend): Refusal => {
  const { rules } = step.book
  if (!rules.trading) return Rejection.amendClosed
  if (!rules.listing.amendAllowed) return Rejection.amendUnsupported
  const order = find(seat, command.order)
  if (isRejection(order)) return order
  const refused = check(step, order, command)
  if (refused !== undefined) return refused
  const { list } = order
  const other = otherLeg(order)
  const renamed = command.clientOrderId !== order.clientOrderId
  if (list !== undefined && other !== undefined) {
    // The legs of an OCO are one quantity and share one lock.
    const { pair } = list
    unlockPair(step, list)
    change(step, order, command.lots, command.clientOrderId)
    change(step, other, command.lots, other.clientOrderId)
    if (pair !== undefined) lockPair(step, list, pair)
  } else change(step, order, command.lots, command.clientOrderId)
  if (list !== undefined && renamed) step.listStatus(list, "UPDATED", "EXECUTING")
  if (remainingOf(order) === 0) {
    expire(step, order, undefined)
    if (order.list !== undefined) legClosed(step, order)
    step.tellEnded()
  }
  return undefined
}

const otherLeg = (order: OpenOrder): OpenOrder | undefined => {
  const { legs } = order.list ?? {}
  if (legs === undefined || !legs.includes(order)) return undefined
  return legs[0] === order ? legs[1] : legs[0]
}

const check = (step: Step, order: OpenOrder, { lots, clientOrderId }: Amend): Refusal => {
  const { rules } = step.book
  if (!Number.isSafeInteger(lots) || lots <= 0) return Rejection.invalidQuantity
  if (lots > order.lots) return Rejection.amendIncrease
  if (lots === order.lots) return Rejection.amendNothing
  const gone = order.executedLots + order.preventedLots
  if (lots < gone || (lots === gone && !AMEND_TO_EXECUTED_EXPIRES)) return Rejection.invalidQuantity
  if (order.amends >= rules.listing.maxAmends) return Rejection.amendLimit
  const leg = otherLeg(order)
  if (isMarket(order.type) || (leg !== undefined && isMarket(leg.type))) rules.judgeBy(step.market.reference)
  const failed = rules.checkQuantity(order, lots) ?? (leg === undefined ? undefined : rules.checkQuantity(leg, lots))
  if (failed !== undefined) return Rejection.amendFailure(failed)
  const other = order.seat.byClientId.get(clientOrderId)
  return other === undefined || other === order ? undefined : Rejection.amendDuplicate
}

const change = (step: Step, order: OpenOrder, lots: number, clientOrderId: string): void => {
  const { byClientId } = order.seat
  const before = order.clientOrderId
  step.touchPaid(order)
  resize(step, order, () => (order.lots = lots))
  order.amends++
  if (clientOrderId !== before) {
    byClientId.delete(order)
    order.clientOrderId = clientOrderId
    byClientId.add(order)
  }
  step.execution(order, "REPLACED", order.working, undefined, undefined, clientOrderId, before)
}

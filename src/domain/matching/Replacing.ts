// Cancel-replace: the new order's filters are judged before anything is cancelled; then each half has its own verdict.
import { cancel, cancellable, isRejection } from "./Cancelling.ts"
import { cascade } from "./Cascade.ts"
import type { Command } from "./Command.ts"
import type { Outcome } from "./Event.ts"
import { OpenOrder } from "./OpenOrder.ts"
import { admit, place } from "./Placing.ts"
import * as Rejection from "./Rejection.ts"
import type { Seat } from "./Seat.ts"
import type { Step } from "./Step.ts"

type CancelReplace = Extract<Command, { readonly _tag: "CancelReplace" }>
type Replaced = NonNullable<Outcome["replace"]>

/** Binance's reject reasons (`r`) of what the engine refuses. */
const reasons: ReadonlyMap<Rejection.Rejection, string> = new Map([
  [Rejection.insufficientBalance, "INSUFFICIENT_BALANCES"],
  [Rejection.wouldTrigger, "STOP_PRICE_WOULD_TRIGGER_IMMEDIATELY"],
  [Rejection.wouldMatch, "WOULD_MATCH_IMMEDIATELY"],
  [Rejection.badPriceRelation, "OCO_BAD_PRICES"]
])

export const replace = (step: Step, seat: Seat, command: CancelReplace): Replaced | Rejection.Rejection => {
  const { rules } = step.book
  if (!rules.listing.cancelReplaceAllowed) return Rejection.replaceUnsupported
  const order = new OpenOrder(command.order, seat, command.at)
  const unfit = rules.check(order, step.market.reference)
  if (unfit !== undefined) return unfit
  const old = cancellable(step.book, seat, command.cancel, command.restriction)
  const refused = isRejection(old) ? old : undefined
  if (refused !== undefined && command.mode === "STOP_ON_FAILURE") return { cancel: refused, placed: "notAttempted" }
  if (!isRejection(old)) cancel(step, old, command.cancelId)
  const cancelled = refused ?? "done"
  if (!command.mayPlace) return { cancel: cancelled, placed: "notAttempted" }
  const failed = admit(step, order)
  if (failed !== undefined) {
    if (refused === undefined) reject(step, order, failed)
    return { cancel: cancelled, placed: failed }
  }
  place(step, order)
  cascade(step)
  return { cancel: cancelled, placed: "done" }
}

const reject = (step: Step, order: OpenOrder, cause: Rejection.Rejection): void => {
  order.orderId = ++step.state.orderId
  order.status = "REJECTED"
  const reason = reasons.get(cause) ?? "NONE"
  step.execution(order, "REJECTED", false, undefined, undefined, order.clientOrderId, undefined, reason)
}

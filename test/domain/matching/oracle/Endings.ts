// How an order ends other than by its last fill, and what that does to the rest of its list.
import type { ExpiryReason } from "../../../../src/domain/matching/Order.ts"
import type { Run } from "./Run.ts"
import { mark } from "./Paths.ts"
import { note } from "./Run.ts"
import type { NaiveOrder } from "./State.ts"
import { close, isStop, legsOf, listOf } from "./State.ts"

export const expire = (run: Run, order: NaiveOrder, reason: ExpiryReason | undefined): void => {
  expireAlone(run, order, reason)
  ended(run, order)
}

/** Of legs whose list has decided already what becomes of the others. */
export const expireAlone = (run: Run, order: NaiveOrder, reason: ExpiryReason | undefined): void => {
  order.expiry = reason
  close(run.state, order, "EXPIRED", run.at)
  note(run, order, "EXPIRED", { expiry: reason })
}

/**
 * The other leg of an OCO ends as soon as one starts to trade or triggers; pending legs end when the working one ends unfilled. A leg
 * that has filled leaves its pending legs alone: they are due.
 */
export const ended = (run: Run, order: NaiveOrder): void => {
  const list = listOf(run.state, order)
  if (list === undefined) return
  const isWorkingLeg = list.kind !== "OCO" && order.orderId === list.orderIds[0]
  if (isWorkingLeg) {
    if (order.status === "FILLED") run.due.push({ _tag: "Activated", listId: list.listId })
    else {
      mark(run, "pending legs ended with their working leg")
      for (const leg of legsOf(run.state, list)) expireAlone(run, leg, "OTO_PHASE_ONE_EXPIRED")
    }
  } else {
    endSibling(run, order)
  }
  forgetEnded(run)
}

/** One leg of an OCO fired. */
export const endSibling = (run: Run, order: NaiveOrder): void => {
  const list = listOf(run.state, order)
  if (list === undefined || list.kind === "OTO") return
  const isWorkingLeg = list.kind === "OTOCO" && order.orderId === list.orderIds[0]
  if (isWorkingLeg) return
  for (const leg of legsOf(run.state, list)) {
    if (leg.orderId === order.orderId || leg.status === "PENDING_NEW") continue
    if (order.status === "EXPIRED_IN_MATCH") mark(run, "OCO leg ended by prevention")
    else mark(run, isStop(order.type) ? "OCO ended by its stop leg" : "OCO ended by its limit leg")
    expireAlone(run, leg, "OCO_TRIGGER")
    // What is left of the list is one order; as a list it is done.
    run.state.lists = run.state.lists.filter((open) => open !== list)
  }
}

export const forgetEnded = (run: Run): void => {
  run.state.lists = run.state.lists.filter((list) => legsOf(run.state, list).length > 0)
}

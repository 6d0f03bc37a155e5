// A list of the desk's orders in the engine's words.
import * as Result from "effect/Result"
import { listClientOrderIdOf } from "../../domain/Ids.ts"
import type { ListRole } from "../../domain/ListLink.ts"
import type { NewList } from "../../domain/matching/Command.ts"
import type { Listing } from "../../domain/matching/Listing.ts"
import type { NewOrder } from "../../domain/matching/Order.ts"
import { type Rejection, unsupportedCombination } from "../../domain/matching/Rejection.ts"
import type { ApprovedList } from "../../domain/Risk.ts"
import { newOrderOf } from "./DeskWords.ts"

/** Refused as the exchange does what is no list, or has an order in it that is none. */
export const newListOf = (list: ApprovedList, listing: Listing): Result.Result<NewList, Rejection> => {
  const orders = new Map<ListRole, NewOrder>()
  for (const { order, role } of list.legs) {
    const converted = newOrderOf(order.clientOrderId, order.intent, listing)
    if (Result.isFailure(converted)) return Result.fail(converted.failure)
    orders.set(role, converted.success)
  }
  const listClientOrderId = listClientOrderIdOf(list.listId)
  const [working, pending] = [orders.get("working"), orders.get("pending")]
  const [above, below] = [orders.get("above"), orders.get("below")]
  if (list.kind === "OTO" && working !== undefined && pending !== undefined) {
    return Result.succeed({ kind: "OTO", listClientOrderId, working, pending })
  }
  if (above !== undefined && below !== undefined) {
    if (list.kind === "OCO") return Result.succeed({ kind: "OCO", listClientOrderId, above, below })
    if (working !== undefined) return Result.succeed({ kind: "OTOCO", listClientOrderId, working, above, below })
  }
  return Result.fail(unsupportedCombination)
}

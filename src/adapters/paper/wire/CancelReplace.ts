// Cancel-replace: one request, two halves, each with its own verdict (REST API, "Cancel an existing order and send a new order").
import { Effect, Exit } from "effect"
import type { Rejection } from "../../../domain/matching/Rejection.ts"
import type { Executed, VenueCommand } from "../Venue.ts"
import type { Desk } from "./Desk.ts"
import { type Caller, type Endpoint, endpoint } from "./Endpoint.ts"
import { freshClientId } from "./FreshIds.ts"
import { cancellationOf, cancelRestrictions, newOrderOf, placed, refOf } from "./OrderAnswers.ts"
import { orderSpec } from "./OrderForm.ts"
import { canceledView, defaultResponse } from "./OrderViews.ts"
import { clientId, integer, oneOf, optional, required, withDefault } from "./Params.ts"
import * as Wire from "./WireError.ts"
import { isWireError, WireError } from "./WireError.ts"

const PARTIALLY = "Order cancel-replace partially failed."
const FAILED = "Order cancel-replace failed."

export const cancelReplace = (desk: Desk): Endpoint =>
  endpoint({
    rest: "POST /api/v3/order/cancelReplace",
    ws: "order.cancelReplace",
    security: "TRADE",
    weight: 1,
    freeOnSuccess: true,
    orders: 1,
    ownOrderLimit: true,
    params: {
      ...orderSpec,
      cancelReplaceMode: required(oneOf(["STOP_ON_FAILURE", "ALLOW_FAILURE"])),
      cancelNewClientOrderId: optional(clientId),
      cancelOrigClientOrderId: optional(clientId, Wire.emptyOriginalClientId),
      cancelOrderId: optional(integer),
      cancelRestrictions: optional(cancelRestrictions),
      orderRateLimitExceededMode: withDefault(oneOf(["DO_NOTHING", "CANCEL_ONLY"]), "DO_NOTHING")
    },
    run: (of, caller) => {
      const ref = refOf(of.cancelOrderId, of.cancelOrigClientOrderId)
      if (ref === undefined) return Exit.fail(Wire.missingEither("cancelOrigClientOrderId", "cancelOrderId"))
      const order = newOrderOf(desk, of)
      if (isWireError(order)) return Exit.fail(order)
      const { overOrderLimit } = caller
      if (overOrderLimit !== undefined && of.orderRateLimitExceededMode === "DO_NOTHING") {
        return Exit.fail(overOrderLimit)
      }
      const command: VenueCommand = {
        _tag: "CancelReplace",
        account: caller.account,
        symbol: of.symbol,
        cancel: ref,
        cancelId: of.cancelNewClientOrderId ?? freshClientId(),
        ...(of.cancelRestrictions === undefined ? {} : { restriction: of.cancelRestrictions }),
        mode: of.cancelReplaceMode,
        mayPlace: overOrderLimit === undefined,
        order
      }
      const views = {
        canceled: ({ events }: Executed) => canceledView(cancellationOf(events, ref), desk.scale(of.symbol), caller),
        placed: (executed: Executed) =>
          placed(desk, executed, order, of.newOrderRespType ?? defaultResponse(of.type), caller)
      }
      return Effect.flatMap(desk.execute(command), (executed) => {
        const answer = verdict(executed, views, caller)
        return isWireError(answer) ? Exit.fail(answer) : Effect.succeed(answer)
      })
    }
  })

interface Views {
  readonly canceled: (executed: Executed) => object
  readonly placed: (executed: Executed) => object
}

const refusal = ({ code, message }: Rejection) => ({ code, msg: message })

const verdict = (executed: Executed, views: Views, { overOrderLimit }: Caller): object | WireError => {
  const { replace } = executed
  if (replace === undefined) throw new Error("the venue replaced an order and told of neither half")
  const canceled = replace.cancel === "done"
  // A limit that allowed only the cancel is why there is no new order, whatever the cancel came to.
  const attempted = overOrderLimit ?? replace.placed
  const isPlaced = attempted === "done"
  const data = {
    cancelResult: canceled ? "SUCCESS" : "FAILURE",
    newOrderResult: isPlaced ? "SUCCESS" : attempted === "notAttempted" ? "NOT_ATTEMPTED" : "FAILURE",
    cancelResponse: replace.cancel === "done" ? views.canceled(executed) : refusal(replace.cancel),
    newOrderResponse:
      attempted === "done" ? views.placed(executed) : attempted === "notAttempted" ? null : refusal(attempted)
  }
  if (canceled && isPlaced) return data
  const half = canceled !== isPlaced
  const status = overOrderLimit === undefined ? (half ? 409 : 400) : 429
  const more = overOrderLimit?.retry === undefined ? { data } : { data, retry: overOrderLimit.retry }
  return half ? new WireError(status, Wire.HALF_REPLACED, PARTIALLY, more) : new WireError(status, -2022, FAILED, more)
}

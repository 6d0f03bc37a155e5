// What the asking for an order list becomes: all of its orders in one step, for one call; or all of them denied.
import * as Result from "effect/Result"
import type { Account } from "./Account.ts"
import type { Envelope } from "./Command.ts"
import { type Decision, TOO_LATE_MILLIS } from "./Decide.ts"
import * as Denial from "./Denial.ts"
import type { AskedList } from "./ListRules.ts"
import * as Risk from "./Risk.ts"

export const decideList = (
  account: Account,
  { at, commandId, userId }: Pick<Envelope, "at" | "commandId" | "userId">,
  asked: AskedList,
  context: Risk.RiskContext,
  now: number,
  offsetMillis: number
): Decision => {
  const { kind, legs, listId } = asked
  const waitedMillis = now - at
  const approval =
    waitedMillis > TOO_LATE_MILLIS
      ? Result.fail<Denial.DenialReason>({ _tag: "TooLate", waitedMillis })
      : Risk.approveList(account, asked, context)
  return Result.match(approval, {
    onFailure: (reason) => ({
      events: legs.map(({ intent, orderId, role }) => ({
        _tag: "OrderDenied" as const,
        orderId,
        commandId,
        userId,
        intent,
        reason,
        list: { listId, kind, role }
      })),
      denied: Denial.sentence(reason)
    }),
    onSuccess: (submitList) => ({
      events: submitList.legs.map(({ order: { clientOrderId, hold, intent, orderId }, role }) => ({
        _tag: "OrderSubmitted" as const,
        orderId,
        commandId,
        userId,
        clientOrderId,
        intent,
        hold,
        ...(offsetMillis === 0 ? {} : { sentAt: now + offsetMillis }),
        list: { listId, kind, role }
      })),
      submitList
    })
  })
}

// Identities. Branded, so that an order id cannot be passed where an account id is meant.
import * as Schema from "effect/Schema"

export const UserId = Schema.String.pipe(Schema.brand("UserId"))
export type UserId = typeof UserId.Type

/** One trading account at one exchange. Users and accounts are separate: an account can be shared. */
export const AccountId = Schema.String.pipe(Schema.brand("AccountId"))
export type AccountId = typeof AccountId.Type

/** The caller's `Idempotency-Key`, or one stamped at the edge: the same id gets the same answer (I3). Unique within an account. */
export const CommandId = Schema.String.pipe(Schema.brand("CommandId"))
export type CommandId = typeof CommandId.Type

/** Our own order id: a version 7 UUID, 36 characters. */
export const OrderId = Schema.String.pipe(Schema.brand("OrderId"))
export type OrderId = typeof OrderId.Type

/** The id the exchange knows our order by until it gives its own: `newClientOrderId`, at most 36 of `[a-zA-Z0-9-_]`. */
export const ClientOrderId = Schema.String.pipe(Schema.brand("ClientOrderId"))
export type ClientOrderId = typeof ClientOrderId.Type

/** Our own id of an order list: a version 7 UUID. */
export const ListId = Schema.String.pipe(Schema.brand("ListId"))
export type ListId = typeof ListId.Type

/** I2: the client order id is a function of our order id alone, so a crash can never make a second one for the same order. */
export const clientOrderIdOf = (orderId: OrderId): ClientOrderId =>
  ClientOrderId.make(`oc${orderId.replaceAll("-", "")}`)

/** `listClientOrderId`: nobody asks for a list by it, since its orders are asked for. */
export const listClientOrderIdOf = (listId: ListId): string => `ol${listId.replaceAll("-", "")}`

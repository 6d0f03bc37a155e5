// What ties the orders of an order list together. The truth of a list is the truth of its orders: this is only the link between them.
import * as Schema from "effect/Schema"
import { ListId } from "./Ids.ts"

/**
 * OCO: `above` and `below` end each other. OTO: `pending` is placed once `working` has filled. OTOCO: an OCO is placed then. Above and below
 * are of the market's price.
 */
export const ListKind = Schema.Literals(["OCO", "OTO", "OTOCO"])
export type ListKind = typeof ListKind.Type

export const ListRole = Schema.Literals(["working", "pending", "above", "below"])
export type ListRole = typeof ListRole.Type

export const ListLink = Schema.Struct({
  listId: ListId,
  kind: ListKind,
  role: ListRole,
  /** Of a leg that waits for the working order: epoch milliseconds when it was heard that the exchange has placed it. */
  placedAt: Schema.optionalKey(Schema.Finite)
})
export type ListLink = typeof ListLink.Type

/** The legs of each kind, in the order in which the exchange numbers them. */
export const ROLES: { readonly [K in ListKind]: ReadonlyArray<ListRole> } = {
  OCO: ["above", "below"],
  OTO: ["working", "pending"],
  OTOCO: ["working", "above", "below"]
}

/** The exchange has it, and places it only when the working order has filled: it locks nothing, and cannot trade. */
export const isWaiting = (link: ListLink | undefined): boolean =>
  link !== undefined && link.placedAt === undefined && link.kind !== "OCO" && link.role !== "working"

/** One of the two that end each other, and lock once for both. */
export const isOfPair = ({ role }: Pick<ListLink, "role">): boolean => role === "above" || role === "below"

// What Binance's documents leave open, each as one constant. Check them against the testnet and change them here, nowhere else.
import type { OrderType } from "./Order.ts"

/** `w` of the execution that fills an order: the documents' samples show it off the book by then. */
export const WORKING_ON_LAST_FILL = false

/** `w` of a MARKET order's trades: it never rests. */
export const MARKET_WORKING_WHILE_TRADING = false

/** Whether orders can be cancelled where the symbol's status is HALT or BREAK. CANCEL_ONLY allows it by name. */
export const CANCEL_WHILE_HALTED = false

/** MAX_NUM_ORDERS is about orders that may stay open; a MARKET order never does. */
export const countsAgainstMaxOrders = (type: OrderType): boolean => type !== "MARKET"

/** Of an OCO: which leg gets the first order id and the first event. The documents' samples list the stop-loss leg first. */
export const OCO_FIRST_LEG: "above" | "below" | "stopLoss" = "stopLoss"

/** An amend may bring the quantity down to what is executed and prevented already: nothing is left and the order expires. */
export const AMEND_TO_EXECUTED_EXPIRES = true

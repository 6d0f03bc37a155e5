// Who goes first where Binance's limits leave no room for all: each lane has a share of a limit that it may not exceed.

/**
 * `cancel`: a cancel, or an amend, which only makes smaller. `exit`: an order that reduces what is held. `entry`: any other order. Then
 * questions, by what hangs on their answer. `evidence`: what became of an order in doubt. `survey`: whether the desk and the exchange
 * agree. `read`: the rest.
 */
export type Lane = "cancel" | "exit" | "entry" | "evidence" | "survey" | "read"

/** Highest first. */
export const lanes: ReadonlyArray<Lane> = ["cancel", "exit", "entry", "evidence", "survey", "read"]

/** Of the weight and the requests of an address. What is left above a lane's share is there for the lanes before it. */
export const shares: Readonly<Record<Lane, number>> = {
  cancel: 1,
  exit: 0.95,
  entry: 0.9,
  evidence: 0.85,
  survey: 0.8,
  read: 0.7
}

/** Of the orders of an account. Cancels and questions are none. */
export const orderShare = (lane: Lane): number => (lane === "entry" ? 0.9 : 1)

/** Changes are sent at once or not at all; a question can wait. */
export const isQuestion = (lane: Lane): boolean => lane === "evidence" || lane === "survey" || lane === "read"

/** Smaller goes first. */
export const rank = (lane: Lane): number => lanes.indexOf(lane)

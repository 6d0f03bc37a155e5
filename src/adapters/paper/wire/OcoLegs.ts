// Which order types may stand above and below the market in an OCO, each wrong one with its own code (REST API, "Errors", -1158 to -1199).
import type { NewOrder } from "../../../domain/matching/Order.ts"
import { WireError } from "./WireError.ts"

const bad = (code: number, message: string) => new WireError(400, code, message)

const unsupportedType = bad(-1158, "Order type not supported in OCO.")
const limitMustBeBelow = bad(-1165, "A limit order in a buy OCO must be below.")
const limitMustBeAbove = bad(-1166, "A limit order in a sell OCO must be above.")
const noneContingent = bad(-1168, "At least one OCO order must be contingent.")
const stopMustBeAbove = bad(-1196, "A stop loss order in a buy OCO must be above.")
const stopMustBeBelow = bad(-1197, "A stop loss order in a sell OCO must be below.")
const profitMustBeBelow = bad(-1198, "A take profit order in a buy OCO must be below.")
const profitMustBeAbove = bad(-1199, "A take profit order in a sell OCO must be above.")

type Leg = Pick<NewOrder, "side" | "type">

/** `undefined` where the two go together. What their prices must be to each other is the engine's question. */
export const wrongLegs = (above: Leg, below: Leg): WireError | undefined => {
  if (above.type === "LIMIT_MAKER" && below.type === "LIMIT_MAKER") return noneContingent
  return wrongLeg(above, true) ?? wrongLeg(below, false)
}

const wrongLeg = ({ side, type }: Leg, isAbove: boolean): WireError | undefined => {
  const buys = side === "BUY"
  switch (type) {
    case "LIMIT":
    case "MARKET":
      return unsupportedType
    case "LIMIT_MAKER":
      if (buys) return isAbove ? limitMustBeBelow : undefined
      return isAbove ? undefined : limitMustBeAbove
    case "STOP_LOSS":
    case "STOP_LOSS_LIMIT":
      if (buys) return isAbove ? undefined : stopMustBeAbove
      return isAbove ? stopMustBeBelow : undefined
    case "TAKE_PROFIT":
    case "TAKE_PROFIT_LIMIT":
      if (buys) return isAbove ? profitMustBeBelow : undefined
      return isAbove ? undefined : profitMustBeAbove
  }
}

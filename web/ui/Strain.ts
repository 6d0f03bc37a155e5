// What the exchange's limits hold back, as a sentence.
import type { Strain } from "../store/Exchange.ts"
import { time } from "./Time.ts"

export const strainSentence = (strain: Strain): string => {
  switch (strain.kind) {
    case "banned":
      return `The exchange has banned this desk's address until ${time(strain.until)}: nothing can be sent or asked there until then.`
    case "stopped":
      return `The exchange asks this desk to wait until ${time(strain.until)}: orders and cancels are refused until then.`
    case "orders stopped":
      return `The exchange takes no more orders of your account until ${time(strain.until)}; cancels go through.`
    case "shedding":
      return SHED[strain.what]
  }
}

const SHED = {
  cancels: "The exchange's limits are used up: even cancels were refused just now. Try again in some seconds.",
  orders: "The exchange's limits are nearly used up: orders were refused just now, so that cancels still go through.",
  questions: "The exchange's limits are nearly used up: questions to it wait, so that orders and cancels go through."
} as const

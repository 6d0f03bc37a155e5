// How an order stands, in a word and a colour that never stands alone.
import type { OrderView } from "../../src/contract/Views.ts"

const words: Record<OrderView["status"], readonly [text: string, tone: string]> = {
  PENDING: ["PENDING", ""],
  DENIED: ["DENIED", "bad"],
  SUBMITTING: ["SUBMITTING", ""],
  PENDING_NEW: ["WAITING", ""],
  NEW: ["NEW", ""],
  PARTIALLY_FILLED: ["PARTLY FILLED", "good"],
  CANCELING: ["CANCELING", ""],
  AMENDING: ["AMENDING", ""],
  FILLED: ["FILLED", "good"],
  CANCELED: ["CANCELED", "quiet"],
  REJECTED: ["REJECTED", "bad"],
  EXPIRED: ["EXPIRED", "quiet"],
  UNKNOWN: ["UNKNOWN", "doubt"]
}

export const StatusPill = ({ status }: { status: OrderView["status"] }) => (
  <span class={`pill ${words[status][1]}`}>{words[status][0]}</span>
)

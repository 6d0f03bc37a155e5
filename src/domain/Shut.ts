// Why an account cannot trade at its exchange until a person has done something about it.
import * as Schema from "effect/Schema"

export const ShutWhy = Schema.Literals(["noKey", "keyRefused", "keyUnreadable", "mayNotTrade", "taken", "notLive"])
export type ShutWhy = typeof ShutWhy.Type

/** One sentence the owner can act on. */
export const sentence = (why: ShutWhy): string => {
  switch (why) {
    case "noKey":
      return "No exchange key is stored for this account: its owner can store one."
    case "keyRefused":
      return "The exchange does not take the key of this account: it was deleted, has expired, or is tied to other addresses. Its owner can store another one."
    case "keyUnreadable":
      return "The stored key of this account cannot be read: its owner can store it again."
    case "mayNotTrade":
      return "The exchange does not let this account trade."
    case "taken":
      return "The key of this account is of an exchange account that is not its own: another one here trades that, or it has traded another one before. Its owner can store the right one."
    case "notLive":
      return "This account does not trade real money until its owner switches that on."
  }
}

// The hashes of a journal's events: SHA-256 over the texts of domain/EventChain.ts.
import { hash } from "node:crypto"
import type { AccountUpdate } from "../domain/Account.ts"
import { linkText } from "../domain/EventChain.ts"
import type { AccountId } from "../domain/Ids.ts"
import { encodeEvent, VERSION } from "../domain/StoredEvent.ts"

/** In hex. */
export const sha256 = (text: string): string => hash("sha256", text, "hex")

/** An event as it goes into a store, with the hash that chains it to the one before. */
export interface Chained {
  /** Its canonical JSON. */
  readonly event: string
  readonly hash: string
}

/** Chains a new event to `previous`, the hash in hex of the event before it. */
export const chain = (previous: string, accountId: AccountId, update: AccountUpdate): Chained => {
  const { at, seq, traceId } = update
  const event = JSON.stringify(encodeEvent(update.event))
  return { event, hash: sha256(linkText(previous, accountId, { at, event, seq, traceId, version: VERSION })) }
}

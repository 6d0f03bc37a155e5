// Each event of an account carries a hash over itself and the hash before it, so that no past event can be changed unnoticed.
import { canonicalJson } from "./CanonicalJson.ts"
import type { AccountId } from "./Ids.ts"
import type { StoredEvent } from "./StoredEvent.ts"

/** What stands before the first event of a chain. */
export const GENESIS = "0".repeat(64)

/** An event as it is stored, with its hash in hex; without one it is from before the chain. */
export interface Link extends StoredEvent {
  readonly hash: string | undefined
}

/** Where an account ends, kept beside its events: what is cut off at the end is missed by it. */
export interface Head {
  readonly seq: number
  /** Of the event with that number; `undefined` where it is from before the chain. */
  readonly hash: string | undefined
  /** Number of the first event that is chained; those before it were written by a desk that knew no chain. */
  readonly chainedFrom: number
}

/**
 * The text whose SHA-256 is the event's hash: the hash before it in hex, then the canonical JSON (RFC 8785) of what is stored.
 * `event` is the event's own canonical JSON.
 */
export const linkText = (
  previous: string,
  accountId: AccountId,
  { at, event, seq, traceId, version }: Omit<StoredEvent, "event"> & { readonly event: string }
): string =>
  `${previous}{"account":${JSON.stringify(accountId)},"at":${at},"event":${event},"seq":${seq},"traceId":${JSON.stringify(traceId)},"version":${version}}`

/** The first event of an account that is not as it was written. */
export interface Fault {
  readonly seq: number
  readonly what: string
}

/** How far a chain has been followed: `seq` and `hash` are of the last event found good. */
export interface Followed {
  readonly accountId: AccountId
  readonly head: Head | undefined
  readonly seq: number
  readonly hash: string
  /** Events from before the chain: there, in order, and no more can be said of them. */
  readonly unchained: number
}

export const begin = (accountId: AccountId, head: Head | undefined): Followed => ({
  accountId,
  head,
  seq: 0,
  hash: GENESIS,
  unchained: 0
})

/** The next event, as the store has it. `sha256` gives hex. */
export const follow = (followed: Followed, link: Link, sha256: (text: string) => string): Followed | Fault => {
  const { accountId, head, hash, seq, unchained } = followed
  const expected = seq + 1
  if (link.seq !== expected) {
    const what = link.seq < expected ? "was inserted: that place is taken" : "was removed"
    return { seq: Math.min(link.seq, expected), what }
  }
  if (head !== undefined && link.seq > head.seq) {
    return { seq: link.seq, what: `was added behind the end: the account ends at ${head.seq}` }
  }
  if (link.seq < (head?.chainedFrom ?? 1)) {
    if (link.hash !== undefined) return { seq: link.seq, what: "has a hash, but is from before the chain" }
    return { ...followed, seq: link.seq, unchained: unchained + 1 }
  }
  if (link.hash === undefined) return { seq: link.seq, what: "has no hash: it was not written by the desk" }
  const actual = sha256(linkText(hash, accountId, { ...link, event: canonicalJson(link.event) }))
  if (actual !== link.hash) {
    return { seq: link.seq, what: "is not what was written there: it was edited, inserted or moved" }
  }
  return { accountId, head, seq: link.seq, hash: link.hash, unchained }
}

/** What is wrong with the end, once every event was followed. */
export const end = ({ head, hash, seq, unchained }: Followed): Fault | undefined => {
  if (head === undefined) return { seq, what: "cannot be told to be the last: the account's head was removed" }
  if (seq < head.seq) return { seq: seq + 1, what: `was removed: the account ends at ${head.seq}` }
  if ((seq === unchained ? undefined : hash) !== head.hash) return { seq, what: "is not the one that the head names" }
  return undefined
}

export const isFault = (found: Followed | Fault): found is Fault => "what" in found

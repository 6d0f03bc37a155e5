// Where this page stands in the numbered updates of its account, and what to do with the next one.
import type { PrivateMessage } from "../src/contract/Views.ts"

export interface Sequence {
  /** Number of the newest update seen; `undefined` before the first snapshot. */
  readonly seq: number | undefined
  /** Several messages share a number. True once the server said that all of `seq` has been sent. */
  readonly settled: boolean
  /** Between AUTH and LIVE the server repeats what was missed; then a missing number is one that changed nothing to show. */
  readonly replaying: boolean
}

export type Verdict = "take" | "skip" | "gap"

export const unknown: Sequence = { seq: undefined, settled: true, replaying: true }

/** What to send as `from`. A number whose messages may not all have come is asked for again: they replace, so twice is once. */
export const resumeFrom = ({ seq, settled }: Sequence): number | undefined =>
  seq === undefined ? undefined : settled ? seq : Math.max(0, seq - 1)

export const replaying = (sequence: Sequence): Sequence => ({ ...sequence, replaying: true })

/** A snapshot replaces everything, also with a smaller number: the server's word is the truth. */
export const onSnapshot = (sequence: Sequence, seq: number): Sequence => ({ ...sequence, seq, settled: true })

export const onLive = (sequence: Sequence, seq: number): Sequence =>
  sequence.seq === undefined || seq < sequence.seq
    ? { ...sequence, replaying: false }
    : { seq, settled: true, replaying: false }

export const onUpdate = (sequence: Sequence, { seq }: PrivateMessage): readonly [Verdict, Sequence] => {
  const known = sequence.seq
  if (known === undefined || seq < known || (seq === known && sequence.settled)) return ["skip", sequence]
  if (seq > known + 1 && !sequence.replaying) return ["gap", sequence]
  return ["take", { ...sequence, seq, settled: false }]
}

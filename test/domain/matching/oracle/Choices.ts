// Where the rules leave room and both readings can be defended: one constant each, set to what the engine does.
export const choices: {
  readonly preventsHiddenLots: boolean
  readonly printReachesOneSlice: boolean
  readonly sizesPastTheQuote: boolean
} = {
  /** DECREMENT meets all that is left of an iceberg, rather than its visible slice and then the next one in its turn. */
  preventsHiddenLots: true,
  /** A slice that refreshes while a print trades at its price waits for the next print, rather than taking what the print has left. */
  printReachesOneSlice: true,
  /** A quote order that shrinks against its own account's orders counts one that comes next, though its quote is used up. */
  sizesPastTheQuote: true
}

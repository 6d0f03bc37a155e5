// How much is tried in a test run: seconds. Raise `histories`, or move `firstSeed`, for a long run by hand.
export const extent = { firstSeed: 1, histories: 12, commands: 400 }

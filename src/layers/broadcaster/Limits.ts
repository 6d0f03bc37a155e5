// How much of the feed anyone may take.

/** Sockets of all users together; more are refused with 503. */
export const MAX_SOCKETS = 2_000
/** Sockets of one user; one more is closed with 4429. */
export const MAX_SOCKETS_PER_USER = 20
/** Messages of one client in a second; one more closes its socket with 1008. */
export const MAX_MESSAGES_PER_SECOND = 50
/** Account updates that may wait for one slow socket; beyond it they are dropped for a fresh snapshot. */
export const MAX_WAITING_UPDATES = 1_000
/** Answers and errors that may wait for one slow socket; beyond it the socket is closed with 1008. */
export const MAX_WAITING_ANSWERS = 256
/** Trades of one topic that may wait for one socket; beyond it the oldest are left out. */
export const MAX_WAITING_TRADES = 100
/** A client this many events behind gets a snapshot instead of each of them. */
export const MAX_RESUMED_EVENTS = 1_000
/** Accounts whose newest updates are kept for quick resumption, and how many of each at least. */
export const RECENT_ACCOUNTS = 256
export const RECENT_UPDATES = 128
/** Topics whose newest state is kept for whoever subscribes next. */
export const MAX_KNOWN_TOPICS = 5_000
/** Market changes are collected this long and then sent together, in milliseconds. */
export const TICK_MILLIS = 8

export const CLOSE_POLICY = 1008
export const CLOSE_UNAUTHORIZED = 4401
export const CLOSE_FORBIDDEN = 4403
export const CLOSE_TOO_MANY = 4429

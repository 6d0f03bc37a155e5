// The limits of the stream server (WebSocket Streams, "General WSS information" and "WebSocket Limits"), and its own.

export interface StreamLimits {
  /** Pings, pongs and control messages a connection may send in one second; one more and it is cut. */
  readonly inboundPerSecond: number
  readonly streamsPerConnection: number
  /** Connections one address may try within `attemptWindowMillis`; one more is answered 429. */
  readonly attemptsPerAddress: number
  readonly attemptWindowMillis: number
  readonly pingEveryMillis: number
  /** A ping that is not answered within this time ends the connection. */
  readonly pongWithinMillis: number
  readonly longestLifeMillis: number
  /** Connections at once over all addresses; more are answered 503. */
  readonly connections: number
  /** Bytes of one inbound message; a longer one closes the connection (1009). */
  readonly inboundBytes: number
  /**
   * Bytes that wait for a slow reader. From `lateBytes` on only the newest message is kept of streams that state a whole (best prices,
   * partial books, tickers, open candles), sent when the connection has drained: more than a socket buffers by itself (16 KiB). Beyond
   * `backlogBytes` the connection is cut (1008).
   */
  readonly lateBytes: number
  readonly backlogBytes: number
}

export const BINANCE_LIMITS: StreamLimits = {
  inboundPerSecond: 5,
  streamsPerConnection: 1_024,
  attemptsPerAddress: 300,
  attemptWindowMillis: 5 * 60_000,
  pingEveryMillis: 20_000,
  pongWithinMillis: 60_000,
  longestLifeMillis: 24 * 60 * 60_000,
  connections: 10_000,
  inboundBytes: 65_536,
  lateBytes: 262_144,
  backlogBytes: 4_194_304
}

/** For load tests: nobody is cut for asking much. What bounds memory stays. */
export const NO_LIMITS: StreamLimits = {
  ...BINANCE_LIMITS,
  inboundPerSecond: Number.POSITIVE_INFINITY,
  attemptsPerAddress: Number.POSITIVE_INFINITY,
  longestLifeMillis: Number.POSITIVE_INFINITY
}

/** Close codes: RFC 6455 for a policy broken and for a server that goes away. */
export const POLICY = 1008
export const GOING_AWAY = 1001

/** Characters of a stream's name; the longest real one has about forty. */
export const MAX_NAME = 128

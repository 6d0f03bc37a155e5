// What Binance's documents leave open. Each is one constant, so that what an experiment against the testnet shows is one change.

/** Parameters nobody reads are refused (-1101, -1104), as the live exchange does. */
export const REFUSE_UNKNOWN_PARAMETERS = true

/** The legal range that -1100 names for a symbol. It is a Java pattern; `symbolPattern` is the same in ours. */
export const SYMBOL_RANGE = "^[\\w\\-._&&[^a-z]]{1,50}$"
export const symbolPattern = /^(?!.*[a-z])[\p{L}\p{N}_\-.]{1,50}$/u

/** The routes of listen keys, removed in February 2026, and of /api/v1. What they answer since is not documented. */
export const REMOVED_ROUTE_STATUS = 410

/** HTTP status of -1006 and -1007, where a command may or may not have been carried out; the documents say only 5xx. */
export const UNKNOWN_OUTCOME_STATUS = 503

/** A body where a path does not exist: Binance's gateway answers a page, not JSON. */
export const NOT_FOUND_BODY =
  "<html>\n<head><title>404 Not Found</title></head>\n<body>\n<h1>404 Not Found</h1>\n</body>\n</html>\n"

/** Requests an address may send after a 429 before it is banned, and for how long: "2 minutes to 3 days", growing. */
export const PATIENCE = 20
export const FIRST_BAN_MILLIS = 2 * 60_000
export const LONGEST_BAN_MILLIS = 3 * 24 * 60 * 60_000

/** What an order's first fill takes off the account's unfilled orders: the documents' example, as taker and as maker. */
export const TAKER_FILL_CREDIT = 1
export const MAKER_FILL_CREDIT = 5

/** `discount` of commissions: the documents show 0.25 and 0.75, and multiply by it. Nobody pays in BNB here, so it is only shown. */
export const BNB_DISCOUNT = "0.75000000"

/** An order list that nobody has: the documents give the text under no code. */
export const NO_SUCH_LIST_CODE = -2013

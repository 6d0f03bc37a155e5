// What the wire says no with: Binance's code and text, word for word, because clients match on them, and the HTTP status they come with.
import type { Rejection } from "../../../domain/matching/Rejection.ts"
import { NO_SUCH_LIST_CODE, REMOVED_ROUTE_STATUS, UNKNOWN_OUTCOME_STATUS } from "./OpenPoints.ts"

/** Epoch milliseconds both. */
export interface Retry {
  readonly serverTime: number
  readonly retryAfter: number
}

/** A refusal as it is answered. Not an `Error`: refusing costs no stack. */
export class WireError {
  readonly _tag = "WireError"
  /** HTTP status, and `status` of a WebSocket API reply. */
  readonly status: number
  readonly code: number
  readonly message: string
  /** `data` of the body: both halves of a cancel-replace. */
  readonly data: unknown
  /** When to try again: the Retry-After header, and `data` of the WebSocket API. */
  readonly retry: Retry | undefined

  constructor(
    status: number,
    code: number,
    message: string,
    more: { readonly data?: unknown; readonly retry?: Retry } = {}
  ) {
    this.status = status
    this.code = code
    this.message = message
    this.data = more.data
    this.retry = more.retry
  }
}

export const isWireError = (value: unknown): value is WireError => value instanceof WireError

/** A cancel-replace of which one half failed: the other was executed. */
export const HALF_REPLACED = -2021

/** Whether what is answered so has changed anything. */
export const wasExecuted = (answer: unknown): boolean => !isWireError(answer) || answer.code === HALF_REPLACED

const bad = (code: number, message: string) => new WireError(400, code, message)

/** The engine's refusals are the caller's fault, except that an account it does not know is a matter of the key. */
export const ofRejection = ({ code, message }: Rejection): WireError =>
  new WireError(code === -2015 ? 401 : 400, code, message)

// Parameters (REST API, "Error codes", -11xx).
export const illegal = (name: string, legalRange: string): WireError =>
  bad(-1100, `Illegal characters found in parameter '${name}'; legal range is '${legalRange}'.`)
export const illegalSomewhere = bad(-1100, "Illegal characters found in a parameter.")
export const tooMany = (expected: number, received: number): WireError =>
  bad(-1101, `Too many parameters; expected '${expected}' and received '${received}'.`)
export const duplicated = bad(-1101, "Duplicate values for a parameter detected.")
export const missing = (name: string): WireError =>
  bad(-1102, `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`)
export const missingEither = (name: string, other: string): WireError =>
  bad(-1102, `Param '${name}' or '${other}' must be sent, but both were empty/null!`)
export const unread = (read: number, sent: number): WireError =>
  bad(-1104, `Not all sent parameters were read; read '${read}' parameter(s) but was sent '${sent}'.`)
export const empty = (name: string): WireError => bad(-1105, `Parameter '${name}' was empty.`)
export const notRequired = (name: string): WireError => bad(-1106, `Parameter '${name}' sent when not required.`)
export const overflowed = (name: string): WireError => bad(-1108, `Parameter '${name}' overflowed.`)
export const tooPrecise = (name: string): WireError => bad(-1111, `Parameter '${name}' has too much precision.`)
export const timeInForceNotRequired = bad(-1114, "TimeInForce parameter sent when not required.")
export const invalidTimeInForce = bad(-1115, "Invalid timeInForce.")
export const invalidOrderType = bad(-1116, "Invalid orderType.")
export const invalidSide = bad(-1117, "Invalid side.")
export const emptyNewClientId = bad(-1118, "New client order ID was empty.")
export const emptyOriginalClientId = bad(-1119, "Original client order ID was empty.")
export const invalidInterval = bad(-1120, "Invalid interval.")
export const invalidSymbol = bad(-1121, "Invalid symbol.")
export const invalidSymbolStatus = bad(-1122, "Invalid symbolStatus.")
export const tooLongBetween = (hours: number): WireError =>
  bad(-1127, `More than ${hours} hours between startTime and endTime.`)
export const badTimes = bad(-1100, "Start time is greater than end time.")
export const badCombination = bad(-1128, "Combination of optional parameters invalid.")
export const invalidData = (name: string): WireError => bad(-1130, `Data sent for parameter '${name}' is not valid.`)
export const recvWindowTooLarge = bad(-1131, "recvWindow must be less than 60000")
export const strategyTypeTooSmall = bad(-1134, "strategyType was less than 1000000.")
export const invalidJson = bad(-1135, "Invalid JSON Request")
export const invalidTickerType = bad(-1139, "Invalid ticker type.")
export const invalidCancelRestrictions = bad(
  -1145,
  "cancelRestrictions has to be either ONLY_NEW or ONLY_PARTIALLY_FILLED."
)
export const icebergNeedsGtc = (name: string): WireError =>
  bad(-1160, `Parameter '${name}' is not supported if aboveTimeInForce/belowTimeInForce is not GTC.`)
export const invalidTimeUnit = bad(-1194, "Invalid value for time unit; expected either MICROSECOND or MILLISECOND.")
export const repeatedSymbol = bad(-1151, "Symbol is present multiple times in the list.")
export const symbolStatusMismatch = bad(-1220, "The symbol's status does not match the requested symbolStatus.")

// Who asks.
export const ahead = bad(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
export const outsideWindow = bad(-1021, "Timestamp for this request is outside of the recvWindow.")
export const badSignature = bad(-1022, "Signature for this request is not valid.")
export const badKeyFormat = new WireError(401, -2014, "API-key format invalid.")
export const unknownKey = new WireError(401, -2008, "Invalid Api-Key ID.")
export const notPermitted = new WireError(401, -2015, "Invalid API-key, IP, or permissions for action.")

// What is not there.
export const noSuchOrder = bad(-2013, "Order does not exist.")
export const noSuchList = bad(NO_SUCH_LIST_CODE, "Order list does not exist.")
export const idMismatch = bad(-2039, "Client order ID is not correct for this order ID.")
export const unknownOrder = bad(-2011, "Unknown order sent.")
export const noReferencePrice = bad(-2043, "This symbol doesn't have a reference price.")

// The exchange itself. Any 5xx leaves it open whether the request was carried out.
export const unknownMethod = bad(-1020, "This operation is not supported.")
export const gone = new WireError(REMOVED_ROUTE_STATUS, -1016, "This service is no longer available.")
export const disconnected = new WireError(
  500,
  -1001,
  "Internal error; unable to process your request. Please try again."
)
/** 5xx either way: nobody knows whether the request was carried out. */
export const timedOut = new WireError(
  UNKNOWN_OUTCOME_STATUS,
  -1007,
  "Timeout waiting for response from backend server. Send status unknown; execution status unknown."
)
export const outcomeUnknown = new WireError(
  UNKNOWN_OUTCOME_STATUS,
  -1006,
  "An unexpected response was received from the message bus. Execution status unknown."
)
export const unknownFailure = new WireError(500, -1000, "An unknown error occurred while processing the request.")
export const overloaded = new WireError(
  503,
  -1008,
  "Server is currently overloaded with other requests. Please try again in a few minutes."
)

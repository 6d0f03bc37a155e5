// Requests that work on their own WebSocket connection: logging on, and the user data stream (WebSocket API, "Session management",
// "User Data Stream requests").
import { Effect, Exit } from "effect"
import type { Venue } from "../Venue.ts"
import { type Endpoint, endpoint, stamp } from "./Endpoint.ts"
import type { Keyring } from "./Keyring.ts"
import { integer, optional } from "./Params.ts"
import type { Scale } from "./Scale.ts"
import type { OpenKey } from "./Signature.ts"
import * as Wire from "./WireError.ts"
import { WireError } from "./WireError.ts"
import type { OpenedBy, SessionCaller, WsSession } from "./WsSession.ts"

const alreadySubscribed = new WireError(400, -2035, "User data stream is already active on this connection.")
const notSubscribed = new WireError(400, -2036, "User data stream is not active on this connection.")
const tooManySubscriptions = new WireError(
  400,
  -2042,
  "Maximum number of subscription ids for this session was reached."
)
const notLoggedOn = new WireError(401, -2015, "Invalid API-key, IP, or permissions for action.")
/** Only an Ed25519 key can log on; the others sign every request. */
const wrongKeyType = Wire.unknownMethod

const LOGON_WEIGHT = 2

const status = (session: WsSession, now: number) => ({
  apiKey: session.logon?.open.key.keyId ?? null,
  authorizedSince: session.logon === undefined ? null : stamp(session, session.logon.since),
  connectedSince: stamp(session, session.connectedSince),
  returnRateLimits: session.returnRateLimits,
  serverTime: stamp(session, now),
  userDataStream: session.subscriptionIds.length > 0
})

export const sessionEndpoints = (
  keyring: Keyring,
  venue: Venue["Service"],
  scaleOf: (symbol: string) => Scale
): ReadonlyArray<Endpoint<SessionCaller>> => [
  ...logons(keyring),
  ...streams(venue, scaleOf),
  endpoint<{}, SessionCaller>({
    ws: "session.subscriptions",
    security: "NONE",
    weight: LOGON_WEIGHT,
    params: {},
    run: (_, { session }) => Effect.succeed(session.subscriptionIds.map((subscriptionId) => ({ subscriptionId })))
  })
]

const logons = (keyring: Keyring): ReadonlyArray<Endpoint<SessionCaller>> => [
  endpoint<{}, SessionCaller>({
    ws: "session.logon",
    security: "USER_DATA",
    weight: LOGON_WEIGHT,
    params: {},
    run: (_, { keyId, now, session }) =>
      Effect.flatMap(keyring.find(keyId, now), (open) => {
        if (open.key.material.kind !== "ED25519") return Exit.fail(wrongKeyType)
        session.logon = { open, since: now }
        return Effect.succeed(status(session, now))
      })
  }),
  endpoint<{}, SessionCaller>({
    ws: "session.status",
    security: "NONE",
    weight: LOGON_WEIGHT,
    params: {},
    run: (_, { now, session }) => Effect.succeed(status(session, now))
  }),
  endpoint<{}, SessionCaller>({
    ws: "session.logout",
    security: "NONE",
    weight: LOGON_WEIGHT,
    params: {},
    run: (_, { now, session }) => {
      session.logon = undefined
      return Effect.map(
        session.unsubscribe(now, (_id, by) => by.logon),
        () => status(session, now)
      )
    }
  })
]

const streams = (
  venue: Venue["Service"],
  scaleOf: (symbol: string) => Scale
): ReadonlyArray<Endpoint<SessionCaller>> => {
  const subscribe = (session: WsSession, account: string, by: OpenedBy) => {
    if (session.isSubscribedTo(account)) return Exit.fail(alreadySubscribed)
    if (session.mayNotSubscribe) return Exit.fail(tooManySubscriptions)
    return Effect.map(session.subscribe(venue, scaleOf, account, by), (subscriptionId) => ({ subscriptionId }))
  }
  return [
    endpoint<{}, SessionCaller>({
      ws: "userDataStream.subscribe",
      security: "NONE",
      weight: LOGON_WEIGHT,
      params: {},
      run: (_, { session }) => {
        const open: OpenKey | undefined = session.logon?.open
        return open === undefined || !open.key.mayRead
          ? Exit.fail(notLoggedOn)
          : subscribe(session, open.key.account, { keyId: open.key.keyId, logon: true })
      }
    }),
    endpoint<{}, SessionCaller>({
      ws: "userDataStream.subscribe.signature",
      security: "USER_DATA",
      weight: LOGON_WEIGHT,
      params: {},
      run: (_, { account, session, keyId = session.logon?.open.key.keyId ?? "" }) =>
        subscribe(session, account, { keyId, logon: false })
    }),
    endpoint({
      ws: "userDataStream.unsubscribe",
      security: "NONE",
      weight: LOGON_WEIGHT,
      params: { subscriptionId: optional(integer) },
      run: (of: { readonly subscriptionId: number | undefined }, { now, session }: SessionCaller) =>
        Effect.flatMap(
          session.unsubscribe(now, (id) => of.subscriptionId === undefined || of.subscriptionId === id),
          (any) => (any ? Effect.succeed({}) : Exit.fail(notSubscribed))
        )
    })
  ]
}

// The feed's door: `/ws` and `/prices`. A socket becomes a session, and the session ends with the socket.
import { Clock, Effect, Schema } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { Socket } from "effect/socket"
import { ClientMessage, MAX_TOPICS, type Topic } from "../../contract/Feed.ts"
import { Tokens } from "../../ports/Tokens.ts"
import { Users } from "../../ports/Users.ts"
import { Broadcaster } from "./Broadcaster.ts"
import {
  CLOSE_FORBIDDEN,
  CLOSE_POLICY,
  CLOSE_TOO_MANY,
  CLOSE_UNAUTHORIZED,
  MAX_MESSAGES_PER_SECOND,
  MAX_SOCKETS_PER_USER
} from "./Limits.ts"
import { Session } from "./Session.ts"

interface Claim {
  readonly token: string
  readonly accountId?: string | undefined
  readonly from?: number | undefined
}

const decode = Schema.decodeUnknownResult(Schema.fromJsonString(ClientMessage))

/** What the address says: `?token=`, `?from=`, `?accountId=`. A `from` that is no seq means a snapshot. */
const claimOf = (url: string): Claim | undefined => {
  const query = new URLSearchParams(url.split("?")[1] ?? "")
  const token = query.get("token")
  if (token === null) return undefined
  const from = query.get("from") ?? ""
  return {
    token,
    accountId: query.get("accountId") ?? undefined,
    from: /^\d{1,15}$/.test(from) ? Number(from) : undefined
  }
}

const refusal = (status: number, code: string, message: string) =>
  HttpServerResponse.jsonUnsafe({ error: { code, message } }, { status })

const make = Effect.gen(function* () {
  const broadcaster = yield* Broadcaster
  const tokens = yield* Tokens
  const users = yield* Users

  const welcome = Effect.fnUntraced(function* (session: Session) {
    const serverTime = yield* Clock.currentTimeMillis
    const accountId = session.following?.accountId ?? null
    session.answer({ type: "WELCOME", data: { accountId, badge: yield* broadcaster.badge, serverTime } })
  })

  const authenticate = Effect.fnUntraced(function* (session: Session, claim: Claim) {
    const bearer = yield* Effect.catch(tokens.verify(claim.token), ({ _tag, message }) =>
      Effect.sync(() => {
        session.fail(_tag === "TokenExpired" ? "TOKEN_EXPIRED" : "TOKEN_INVALID", message, CLOSE_UNAUTHORIZED)
      })
    )
    if (bearer === undefined) return
    const mine = yield* Effect.orElseSucceed(users.memberships(bearer.userId), () => undefined)
    if (mine === undefined) {
      return session.fail("JOURNAL_UNAVAILABLE", "The desk cannot reach its store. Connect again shortly.", 1013)
    }
    const account =
      claim.accountId === undefined ? mine[0] : mine.find(({ accountId }) => accountId === claim.accountId)
    if (account === undefined) {
      return session.fail("ACCOUNT_FORBIDDEN", "That account is not one of yours.", CLOSE_FORBIDDEN)
    }
    const { expiresAt, userId } = bearer
    if (!broadcaster.follow(session, { accountId: account.accountId, userId, expiresAt }, claim.from)) {
      const message = `More than ${MAX_SOCKETS_PER_USER} connections. Close another one first.`
      return session.fail("TOO_MANY_SOCKETS", message, CLOSE_TOO_MANY)
    }
    yield* welcome(session)
  })

  const subscribe = Effect.fnUntraced(function* (session: Session, topics: ReadonlyArray<string>) {
    for (const topic of topics as ReadonlyArray<Topic>) {
      if (session.topics.size >= MAX_TOPICS && !session.topics.has(topic)) {
        const message = `At most ${MAX_TOPICS} topics a socket: ${topic} was not subscribed.`
        return session.answer({ type: "ERROR", data: { code: "TOO_MANY_TOPICS", message } })
      }
      if (yield* broadcaster.topics.subscribe(session, topic)) continue
      session.answer({ type: "ERROR", data: { code: "UNKNOWN_TOPIC", message: `There is no ${topic} here.` } })
    }
  })

  const handle = Effect.fnUntraced(function* (session: Session, frame: string) {
    const decoded = decode(frame)
    if (decoded._tag === "Failure") {
      const message = "That message is not understood. AUTH, SUBSCRIBE, UNSUBSCRIBE and PING are."
      return session.answer({ type: "ERROR", data: { code: "BAD_MESSAGE", message } })
    }
    const message = decoded.success
    switch (message.type) {
      case "AUTH":
        return yield* authenticate(session, message)
      case "SUBSCRIBE":
        return yield* subscribe(session, message.topics)
      case "UNSUBSCRIBE":
        for (const topic of message.topics) broadcaster.topics.unsubscribe(session, topic as Topic)
        return
      case "PING":
        return session.answer({ type: "PONG", data: { serverTime: yield* Clock.currentTimeMillis } })
    }
  })

  /** Ends when the session is closing, or the client talks too much. */
  const listen = Effect.fnUntraced(function* (
    session: Session,
    pull: Effect.Effect<ReadonlyArray<string>, Socket.SocketError>
  ) {
    let windowEndsAt = 0
    let count = 0
    while (session.closing === undefined) {
      for (const frame of yield* pull) {
        const now = yield* Clock.currentTimeMillis
        if (now >= windowEndsAt) {
          windowEndsAt = now + 1000
          count = 0
        }
        if (++count > MAX_MESSAGES_PER_SECOND) {
          const message = `More than ${MAX_MESSAGES_PER_SECOND} messages in a second.`
          session.fail("TOO_MANY_MESSAGES", message, CLOSE_POLICY)
          break
        }
        yield* handle(session, frame)
      }
    }
    return yield* Effect.never
  })

  /** One frame a turn with everything that waits. Blocked by a slow socket, it leaves the rest to the session's bounds. */
  const write = Effect.fnUntraced(function* (session: Session, writer: Socket.Writer) {
    while (true) {
      yield* session.wake.await
      session.wake.closeUnsafe()
      const frame = session.take()
      if (frame !== undefined) yield* writer.write(frame)
      if (session.closing !== undefined) {
        return yield* writer.write(new Socket.CloseEvent(session.closing.code, session.closing.reason))
      }
      if (session.following?.behind !== undefined) session.catchUp.openUnsafe()
    }
  })

  const keepLevel = Effect.fnUntraced(function* (session: Session) {
    while (true) {
      yield* session.catchUp.await
      session.catchUp.closeUnsafe()
      yield* broadcaster.catchUp(session)
    }
  })

  const run = Effect.fnUntraced(function* (session: Session, socket: Socket.Socket, claim: Claim | undefined) {
    const pull = yield* Socket.readerString(socket)
    const writer = yield* socket.writer
    if (claim === undefined) yield* welcome(session)
    else yield* authenticate(session, claim)
    yield* Effect.raceAllFirst([listen(session, pull), write(session, writer), keepLevel(session)])
  })

  return Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    if (request.headers["upgrade"]?.toLowerCase() !== "websocket") {
      return refusal(426, "UPGRADE_REQUIRED", "This address is a WebSocket.")
    }
    const session = new Session()
    const open = Effect.gen(function* () {
      if (!(yield* broadcaster.add(session))) return refusal(503, "BUSY", "Too many people are connected. Try again.")
      const socket = yield* request.upgrade
      // A socket that goes away is how every session ends.
      yield* Effect.catchTag(run(session, socket, claimOf(request.url)), "SocketError", () => Effect.void)
      return HttpServerResponse.empty()
    })
    return yield* Effect.ensuring(open, broadcaster.remove(session))
  })
})

/** `/ws` and `/prices`: the same feed. */
export const layer = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const feed = yield* make
    yield* router.add("GET", "/ws", feed)
    yield* router.add("GET", "/prices", feed)
  })
)

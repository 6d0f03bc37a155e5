// The gateway and the feed on a real server at a free port, over ports in memory: no executor, so commands stay undecided.
import { NodeHttpServer } from "@effect/platform-node"
import { Context, Effect, Layer, Redacted, type Scope, Stream } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import * as JoseTokens from "../../src/adapters/jose/JoseTokens.ts"
import * as UwsServer from "../../src/adapters/server/UwsServer.ts"
import { Config, parse, type Setting } from "../../src/Config.ts"
import { AccountId, UserId } from "../../src/domain/Ids.ts"
import type { MarketMessage } from "../../src/domain/Market.ts"
import * as Routes from "../../src/layers/gateway/Routes.ts"
import { Supervisor } from "../../src/layers/Supervisor.ts"
import { CommandQueue } from "../../src/ports/CommandQueue.ts"
import { Events } from "../../src/ports/Events.ts"
import { ExchangeAccounts } from "../../src/ports/ExchangeAccounts.ts"
import { KeyCheck } from "../../src/ports/KeyCheck.ts"
import { MarketData } from "../../src/ports/MarketData.ts"
import { MarketSource } from "../../src/ports/MarketSource.ts"
import * as MemoryJournal from "../../src/ports/MemoryJournal.ts"
import { Secret } from "../../src/ports/Secret.ts"
import { Tokens } from "../../src/ports/Tokens.ts"
import { Users } from "../../src/ports/Users.ts"
import { Vault } from "../../src/ports/Vault.ts"
import { btcusdt } from "./Trading.ts"

/** One symbol, whose messages a test puts into `MarketData` itself. */
const source = Layer.succeed(MarketSource, {
  badge: { kind: "sim", label: "test market" },
  instruments: new Map([[btcusdt.symbol, btcusdt]]),
  messages: Stream.never,
  history: () => Effect.succeed([]),
  skipped: Effect.succeed({})
})

/** A trade at `price` × 100 ticks. */
export const tradeAt = (ticks: number, at = 1): MarketMessage => ({
  _tag: "Trade",
  trade: { symbol: btcusdt.symbol, tradeId: `t${at}`, ticks, lots: 1, takerSide: "BUY", at }
})

export const ports = Layer.mergeAll(
  MemoryJournal.layerMemory,
  Users.layerMemory,
  Vault.layerMemory,
  KeyCheck.layerNone,
  ExchangeAccounts.layerMemory,
  CommandQueue.layerMemory,
  Events.layerMemory,
  Supervisor.layer,
  MarketData.layerMemory.pipe(Layer.provide(source)),
  JoseTokens.layer.pipe(Layer.provideMerge(Secret.layerOf(Redacted.make("a secret of at least thirty-two characters"))))
)

export type Ports = Layer.Success<typeof ports>

export interface Served {
  /** `127.0.0.1:<port>`. */
  readonly base: string
  readonly context: Context.Context<Ports>
}

/**
 * Serves `extra` beside the gateway's routes until the scope closes. Limits are generous unless `settings` says otherwise; `instead` takes the
 * place of some of the ports.
 */
export const serve = <R>(
  extra: Layer.Layer<never, never, R>,
  settings: Partial<Record<Setting, string>> = {},
  instead: Layer.Layer<never, never, Ports> = Layer.empty
): Effect.Effect<Served, never, Scope.Scope> =>
  Effect.gen(function* () {
    const config = Layer.effect(Config, parse({ AUTH_LIMIT: "100000", ORDER_LIMIT: "100000", ...settings }))
    const server = Layer.merge(UwsServer.layer({ host: "127.0.0.1", port: 0 }), NodeHttpServer.layerHttpServices)
    const app = HttpRouter.serve(Layer.mergeAll(Routes.layer, extra as Layer.Layer<never>), {
      disableLogger: true,
      disableListenLog: true
    }).pipe(Layer.provideMerge(Layer.mergeAll(server, Layer.provideMerge(instead, ports), config)))
    const context = (yield* Layer.build(
      Layer.fresh(app as unknown as Layer.Layer<never>)
    )) as unknown as Context.Context<Ports | HttpServer.HttpServer>
    const { address } = Context.get(context, HttpServer.HttpServer)
    return { base: `127.0.0.1:${(address as { readonly port: number }).port}`, context }
  }).pipe(Effect.orDie)

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: any
}

/** One request; the body is parsed where it is JSON. */
export const call = (
  base: string,
  method: string,
  path: string,
  options: {
    readonly token?: string
    readonly json?: unknown
    readonly raw?: string
    readonly headers?: Record<string, string>
  } = {}
): Effect.Effect<Answer> =>
  Effect.promise(async () => {
    const body = options.raw ?? (options.json === undefined ? undefined : JSON.stringify(options.json))
    const response = await fetch(`http://${base}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
        ...options.headers
      },
      ...(body === undefined ? {} : { body })
    })
    const text = await response.text()
    const isJson = response.headers.get("content-type")?.startsWith("application/json") === true
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
  })

export interface Person {
  readonly token: string
  readonly userId: string
  readonly accountId: string
}

/** A person straight into the ports: registering costs a password hash. */
export const person = (served: Served, name: string): Effect.Effect<Person> =>
  Effect.gen(function* () {
    const userId = UserId.make(`user-${name}`)
    const accountId = AccountId.make(`account-${name}`)
    const email = `${name}@example.org`
    yield* Context.get(served.context, Users).register({
      userId,
      email,
      passwordHash: "",
      createdAt: 0,
      account: { accountId, name: "Main", exchange: "paper" }
    })
    return { token: yield* Context.get(served.context, Tokens).issue({ userId, email }), userId, accountId }
  }).pipe(Effect.orDie)

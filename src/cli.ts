// outcry serve | …   thin verbs: flags become settings, the rest is main.ts.
import "effect/schema/SchemaJITCompiler/enable"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Cause, Effect, Exit, Option, Predicate, type Runtime } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { createKey } from "./adapters/paper/admin/CreateKey.ts"
import { replay, verify } from "./books.ts"
import { settings, type Setting } from "./Config.ts"
import { doctor } from "./doctor.ts"
import { AccountId } from "./domain/Ids.ts"
import { paper, serve } from "./main.ts"
import { record } from "./record.ts"
import type { Until } from "./ports/Rebuild.ts"

const flagName = (name: Setting) => name.toLowerCase().replaceAll("_", "-")

const flagOf = (name: Setting) =>
  Flag.String(flagName(name)).pipe(
    Flag.withDescription(`${settings[name][1]} (${name}${settings[name][0] === "" ? "" : `, ${settings[name][0]}`})`),
    Flag.optional
  )

const flags = Object.fromEntries((Object.keys(settings) as ReadonlyArray<Setting>).map((name) => [name, flagOf(name)]))

const given = (parsed: Record<string, Option.Option<string>>): Partial<Record<Setting, string>> =>
  Object.fromEntries(
    Object.entries(parsed).flatMap(([name, value]) => (Option.isSome(value) ? [[name, value.value]] : []))
  )

const serveCommand = Command.make("serve", flags, (parsed) => serve(given(parsed))).pipe(
  Command.withDescription("Run the desk: every setting is an environment variable or the flag of the same name.")
)

const createKeyCommand = Command.make(
  "create",
  {
    account: Flag.String("account").pipe(Flag.withDescription("Whose key it is; an account that is new is opened.")),
    kind: Flag.Literals("kind", ["hmac", "ed25519", "rsa"]).pipe(
      Flag.withDescription("How its owner signs."),
      Flag.withDefault("hmac")
    ),
    publicKey: Flag.String("public-key").pipe(
      Flag.withDescription("PEM file with the public half, of ed25519 and rsa."),
      Flag.optional
    ),
    balances: Flag.String("balances").pipe(
      Flag.withDescription("What a new account starts with: ASSET:amount,ASSET:amount."),
      Flag.optional
    ),
    permissions: Flag.String("permissions").pipe(
      Flag.withDescription("What it may do, of read,trade,withdraw."),
      Flag.withDefault("read,trade")
    ),
    addresses: Flag.String("addresses").pipe(
      Flag.withDescription("The addresses that it works from, with commas between them: none named, from any."),
      Flag.optional
    ),
    label: Flag.String("label").pipe(Flag.withDescription("The owner's name for it."), Flag.withDefault("")),
    admin: Flag.String("admin").pipe(
      Flag.withDescription("Admin address of the running paper exchange."),
      Flag.withDefault("http://127.0.0.1:3081")
    )
  },
  createKey
).pipe(Command.withDescription("Make a key; its secret is shown this once."))

/** Flags of the paper exchange alone: the setting each stands for, and its default there. */
const paperFlags = {
  port: ["PAPER_PORT", "3080"],
  "admin-port": ["PAPER_ADMIN_PORT", "3081"],
  host: ["HOST", undefined],
  market: ["MARKET", undefined],
  data: ["DATA_DIR", "./paper"],
  "database-url": ["DATABASE_URL", undefined],
  limits: ["PAPER_LIMITS", undefined],
  fees: ["PAPER_FEES", undefined],
  latency: ["PAPER_LATENCY", undefined],
  queue: ["PAPER_QUEUE", undefined],
  "log-level": ["LOG_LEVEL", undefined],
  "log-format": ["LOG_FORMAT", undefined]
} as const satisfies Record<string, readonly [Setting, string | undefined]>

const paperFlag = (name: keyof typeof paperFlags) => {
  const [setting, fallback] = paperFlags[name]
  const usual = fallback ?? settings[setting][0]
  return Flag.String(name).pipe(
    Flag.withDescription(`${settings[setting][1]}${usual === "" ? "" : ` (${usual})`}`),
    Flag.optional
  )
}

const paperCommand = Command.make(
  "paper",
  Object.fromEntries(
    (Object.keys(paperFlags) as ReadonlyArray<keyof typeof paperFlags>).map((name) => [name, paperFlag(name)])
  ),
  (parsed: Record<string, Option.Option<string>>) =>
    paper(
      Object.fromEntries(
        Object.entries(paperFlags).flatMap(([name, [setting, fallback]]) => {
          const value = Option.getOrUndefined(parsed[name] ?? Option.none()) ?? fallback
          return value === undefined ? [] : [[setting, value]]
        })
      )
    )
).pipe(
  Command.withDescription("Run the paper exchange alone: any client of Binance Spot can trade on it."),
  Command.withSubcommands([
    Command.make("key").pipe(
      Command.withDescription("Keys to the paper exchange."),
      Command.withSubcommands([createKeyCommand])
    )
  ])
)

const accountFlag = Flag.String("account").pipe(Flag.map((text) => AccountId.make(text)))

/** Where the journal is. */
const journalFlags = { DATA_DIR: flagOf("DATA_DIR"), DATABASE_URL: flagOf("DATABASE_URL") }

const verifyCommand = Command.make(
  "verify",
  {
    account: accountFlag.pipe(Flag.withDescription("This account only, with its head."), Flag.optional),
    ...journalFlags
  },
  ({ account, ...parsed }) => verify(given(parsed), Option.getOrUndefined(account))
).pipe(
  Command.withDescription(
    "Prove that no event was edited, removed or inserted, or name the first; then it exits with 1."
  )
)

/** From here on a number is a time in epoch milliseconds: no account has as many events, and no desk ran in 1973. */
const FIRST_MILLIS = 100_000_000_000

const untilOf = (text: string): Until | undefined => {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : undefined
  if (number !== undefined) return number < FIRST_MILLIS ? { seq: number } : { at: number }
  const at = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? undefined : { at }
}

const replayCommand = Command.make(
  "replay",
  {
    account: accountFlag.pipe(Flag.withDescription("Whose journal.")),
    until: Flag.String("until").pipe(
      Flag.filterMap(
        (text) => Option.fromNullishOr(untilOf(text)),
        () => "a time (ISO 8601, or epoch milliseconds) or an event number"
      ),
      Flag.withDescription(
        "Up to this time (ISO 8601, or epoch milliseconds) or event number; nothing is compared then."
      ),
      Flag.optional
    ),
    ...journalFlags
  },
  ({ account, until, ...parsed }) => replay(given(parsed), account, Option.getOrUndefined(until))
).pipe(
  Command.withDescription(
    "Make an account again from its journal, print it, and compare the read models; where they differ it exits with 1."
  )
)

const doctorCommand = Command.make(
  "doctor",
  {
    json: Flag.Boolean("json").pipe(Flag.withDescription("A line of JSON a check."), Flag.withDefault(false)),
    ...flags
  },
  ({ json, ...parsed }) => doctor(given(parsed), json)
).pipe(
  Command.withDescription(
    "Look for what is wrong, and say what to do about it. Changes nothing; where the desk should not trade it exits with 1."
  )
)

const auditCommand = Command.make("audit").pipe(
  Command.withDescription("Look into the journal."),
  Command.withSubcommands([verifyCommand])
)

const scaled = (units: Readonly<Record<string, number>>, text: string): number | undefined => {
  const [, digits, unit = ""] = /^(\d{1,12})([A-Za-z]*)$/.exec(text) ?? []
  const factor = units[unit]
  return digits === undefined || factor === undefined || Number(digits) === 0 ? undefined : Number(digits) * factor
}
const spanOf = (text: string) => scaled({ s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }, text)
const bytesOf = (text: string) => scaled({ "": 1, kB: 1e3, MB: 1e6, GB: 1e9 }, text)
const amountFlag = (name: string, amountOf: (text: string) => number | undefined, wanted: string) =>
  Flag.String(name).pipe(
    Flag.filterMap(
      (text) => Option.fromNullishOr(amountOf(text)),
      () => wanted
    )
  )
const spanFlag = (name: string) => amountFlag(name, spanOf, "a number with s, m, h or d")
const bytesFlag = (name: string) => amountFlag(name, bytesOf, "a number of bytes, or one with kB, MB or GB")

const recordCommand = Command.make(
  "record",
  {
    symbols: Argument.String("symbol").pipe(
      Argument.filterMap(
        (text) => Option.fromNullishOr(/^[A-Z0-9]{1,20}$/.exec(text.toUpperCase())?.[0]),
        () => "a symbol such as BTCUSDT"
      ),
      Argument.variadic({ min: 1, max: 100 })
    ),
    out: Flag.String("out").pipe(
      Flag.withDescription("Folder of the recordings, one file a symbol and start."),
      Flag.withDefault("./recordings")
    ),
    duration: spanFlag("duration").pipe(Flag.withDescription("End after this long: 90s, 15m, 12h, 2d."), Flag.optional),
    maxBytes: bytesFlag("max-bytes").pipe(
      Flag.withDescription("End once so much is written: 500MB, 2GB."),
      Flag.optional
    ),
    rotateBytes: bytesFlag("rotate-bytes").pipe(
      Flag.withDescription("Begin a new file after so much (100MB)."),
      Flag.withDefault(100_000_000)
    ),
    rotateEvery: spanFlag("rotate-every").pipe(
      Flag.withDescription("Begin a new file after so long (24h)."),
      Flag.withDefault(86_400_000)
    ),
    BINANCE_REST_URL: flagOf("BINANCE_REST_URL"),
    BINANCE_STREAM_URL: flagOf("BINANCE_STREAM_URL"),
    BINANCE_PROXY: flagOf("BINANCE_PROXY")
  },
  ({ duration, maxBytes, out, rotateBytes, rotateEvery, symbols, ...settings }) =>
    record(
      {
        symbols: [...new Set(symbols)],
        folder: out,
        rotateBytes,
        rotateMillis: rotateEvery,
        maxBytes: Option.getOrUndefined(maxBytes),
        maxMillis: Option.getOrUndefined(duration)
      },
      given(settings)
    )
).pipe(
  Command.withDescription(
    "Record live streams of Binance Spot: trades, best prices and depth, for MARKET=replay:<files>."
  )
)

const outcry = Command.make("outcry").pipe(
  Command.withDescription("A self-hosted, multi-user, real-time crypto trading desk."),
  Command.withSubcommands([serveCommand, paperCommand, recordCommand, doctorCommand, auditCommand, replayCommand])
)

/** What a person needs of a failure: its own sentence, and the whole cause only where nobody foresaw it. */
const report = (cause: Cause.Cause<unknown>): void => {
  if (Cause.hasInterruptsOnly(cause)) return
  const error = Cause.squash(cause)
  // The doctor has said it, line by line.
  if (Predicate.isTagged(error, "MayNotTrade")) return
  const foreseen = Predicate.isTagged(error, "ShowHelp") || Option.isSome(Cause.findErrorOption(cause))
  if (Predicate.isTagged(error, "ShowHelp")) return
  // oxlint-disable-next-line no-console -- the one place where a person without a log sees why nothing started
  console.error(foreseen && error instanceof Error ? `outcry: ${error.message}` : Cause.pretty(cause))
}

const teardown: Runtime.Teardown = (exit, onExit) => {
  if (Exit.isFailure(exit)) report(exit.cause)
  onExit(Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause) ? 0 : 1)
}

Command.run(outcry, { version: "0.1.0" }).pipe(
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain({ disableErrorReporting: true, teardown })
)

// outcry serve | …   thin verbs: flags become settings, the rest is main.ts.
import "effect/schema/SchemaJITCompiler/enable"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Cause, Effect, Exit, Option, Predicate, type Runtime } from "effect"
import { Command, Flag } from "effect/cli"
import { settings, type Setting } from "./Config.ts"
import { serve } from "./main.ts"

const flagName = (name: Setting) => name.toLowerCase().replaceAll("_", "-")

const flags = Object.fromEntries(
  (Object.keys(settings) as ReadonlyArray<Setting>).map((name) => [
    name,
    Flag.String(flagName(name)).pipe(
      Flag.withDescription(`${settings[name][1]} (${name}${settings[name][0] === "" ? "" : `, ${settings[name][0]}`})`),
      Flag.optional
    )
  ])
)

const given = (parsed: Record<string, Option.Option<string>>): Partial<Record<Setting, string>> =>
  Object.fromEntries(
    Object.entries(parsed).flatMap(([name, value]) => (Option.isSome(value) ? [[name, value.value]] : []))
  )

const serveCommand = Command.make("serve", flags, (parsed) => serve(given(parsed))).pipe(
  Command.withDescription("Run the desk: every setting is an environment variable or the flag of the same name.")
)

const outcry = Command.make("outcry").pipe(
  Command.withDescription("A self-hosted, multi-user, real-time crypto trading desk."),
  Command.withSubcommands([serveCommand])
)

/** What a person needs of a failure: its own sentence, and the whole cause only where nobody foresaw it. */
const report = (cause: Cause.Cause<unknown>): void => {
  if (Cause.hasInterruptsOnly(cause)) return
  const error = Cause.squash(cause)
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

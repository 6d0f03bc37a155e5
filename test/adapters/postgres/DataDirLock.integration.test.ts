import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import * as path from "node:path"
import type { Writable } from "node:stream"
import * as DataDirLock from "../../../src/adapters/postgres/DataDirLock.ts"
import * as Desk from "../../kit/Desk.ts"

describe.skipIf(process.platform !== "linux")("the lock of a data directory", () => {
  it.live("is taken over from a desk that was killed and whose parent has not collected it yet", () =>
    Effect.gen(function* () {
      const folder = Desk.temporaryDirectory()
      // The shell starts a child, then becomes a program that never collects it; the child ends once its input does.
      const parent = spawn("sh", ["-c", "cat <&3 >/dev/null & echo $!; exec sleep 60"], {
        stdio: ["ignore", "pipe", "ignore", "pipe"]
      })
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          parent.kill("SIGKILL")
          fs.rmSync(folder, { recursive: true, force: true })
        })
      )
      const [printed] = (yield* Effect.promise(() => once(parent.stdout!, "data"))) as [Buffer]
      const pid = Number(printed.toString().trim())
      const until = (tells: string, file: string) =>
        Effect.repeat(
          Effect.andThen(
            Effect.yieldNow,
            Effect.sync(() => fs.readFileSync(file, "utf8").includes(tells))
          ),
          {
            until: (told) => told
          }
        )
      // A shell that is still a shell could collect it.
      yield* until("sleep", `/proc/${parent.pid}/comm`)
      ;(parent.stdio[3] as Writable).end()
      yield* until(") Z ", `/proc/${pid}/stat`)
      fs.writeFileSync(path.join(folder, "lock"), JSON.stringify({ pid, started: "" }))
      yield* DataDirLock.hold(folder)
      assert.include(fs.readFileSync(path.join(folder, "lock"), "utf8"), `"pid":${process.pid}`)
    })
  )
})

import { assert, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import * as SecretFile from "../../../src/adapters/files/SecretFile.ts"
import { Secret } from "../../../src/ports/Secret.ts"
import { config, temporaryFolder } from "../../kit/Postgres.ts"

const secretIn = (folder: string) => Effect.map(SecretFile.readOrMake(folder), Redacted.value)

it.live("makes a secret once, readable by its owner alone, and finds it again", () =>
  Effect.gen(function* () {
    const folder = path.join(yield* temporaryFolder, "not", "yet", "there")
    const made = yield* secretIn(folder)
    assert.strictEqual(Buffer.from(made, "base64url").length, 32)
    assert.strictEqual(yield* secretIn(folder), made)
    assert.strictEqual(fs.statSync(path.join(folder, "secret")).mode & 0o777, 0o600)
    assert.deepStrictEqual(fs.readdirSync(folder), ["secret"])
  })
)

it.live("closes a file that others may read", () =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    const made = yield* secretIn(folder)
    fs.chmodSync(path.join(folder, "secret"), 0o644)
    assert.strictEqual(yield* secretIn(folder), made)
    assert.strictEqual(fs.statSync(path.join(folder, "secret")).mode & 0o777, 0o600)
  })
)

it.live("refuses a file that holds no secret, and does not replace it", () =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    const file = path.join(folder, "secret")
    fs.writeFileSync(file, "half a sec")
    const refusal = yield* Effect.flip(secretIn(folder))
    assert.include(refusal.message, file)
    assert.notInclude(refusal.message, "half a sec")
    assert.strictEqual(fs.readFileSync(file, "utf8"), "half a sec")
  })
)

it.live("lets starts that race agree on one secret", () =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    const secrets = yield* Effect.forEach(Array.from({ length: 16 }), () => secretIn(folder), {
      concurrency: "unbounded"
    })
    assert.strictEqual(new Set(secrets).size, 1)
    assert.deepStrictEqual(fs.readdirSync(folder), ["secret"])
  })
)

it.live(
  "lets processes that race agree on one secret",
  () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const module = fileURLToPath(new URL("../../../src/adapters/files/SecretFile.ts", import.meta.url))
      const script = `
        import { Effect, Redacted } from "effect"
        import { readOrMake } from ${JSON.stringify(module)}
        process.stdout.write(Redacted.value(await Effect.runPromise(readOrMake(${JSON.stringify(folder)}))))`
      const start = async () => {
        const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
          stdio: ["ignore", "pipe", "inherit"]
        })
        let said = ""
        child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()))
        await once(child, "close")
        return said
      }
      const secrets = yield* Effect.promise(() => Promise.all([start(), start(), start()]))
      assert.strictEqual(secrets[0]?.length, 43)
      assert.strictEqual(new Set(secrets).size, 1)
    }),
  60_000
)

it.live("takes the configured secret instead, and makes no file", () =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    const text = "a secret from the environment, long enough"
    const given = config({ DATA_DIR: folder, OUTCRY_SECRET: text })
    const keys = yield* Effect.provide(Effect.service(Secret), Layer.provide(SecretFile.layer, given))
    assert.deepStrictEqual(
      keys,
      yield* Effect.provide(Effect.service(Secret), Secret.layerOf(Redacted.make(text)), { local: true })
    )
    assert.deepStrictEqual(fs.readdirSync(folder), [])
  })
)

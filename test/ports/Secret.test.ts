import { assert, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { Secret } from "../../src/ports/Secret.ts"

const keysOf = (text: string) =>
  Effect.provide(Effect.service(Secret), Secret.layerOf(Redacted.make(text)), { local: true })

it.effect("makes two keys of 32 bytes that have nothing in common", () =>
  Effect.gen(function* () {
    const { sealingKey, signingKey } = yield* keysOf("a secret of an installation, long enough")
    assert.strictEqual(sealingKey.length, 32)
    assert.strictEqual(signingKey.length, 32)
    assert.notDeepEqual(sealingKey, signingKey)
  })
)

it.effect("makes the same keys of the same text, and others of another", () =>
  Effect.gen(function* () {
    const text = "a secret of an installation, long enough"
    assert.deepStrictEqual(yield* keysOf(text), yield* keysOf(text))
    assert.notDeepEqual(yield* keysOf(text), yield* keysOf(`${text}.`))
  })
)

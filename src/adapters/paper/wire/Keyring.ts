// Keys in use, opened once and kept at hand: a signed request then costs no look into the store.
import { Effect, Exit, Option, type Scope } from "effect"
import { LeastRecent } from "../../../domain/LeastRecent.ts"
import { PaperKeys } from "../../../ports/PaperKeys.ts"
import { open, type OpenKey } from "./Signature.ts"
import * as Wire from "./WireError.ts"
import type { WireError } from "./WireError.ts"

/** Keys kept open; beyond it the one unused for longest is looked up anew. */
const KEPT = 10_000
/** Ids remembered to be of no key, so that guessing does not become a load on the store. */
const UNKNOWN_KEPT = 10_000
/** How long a key revoked by another process may still open something, and how long an unknown id stays unknown. */
const TRUSTED_MILLIS = 10_000

const KEY_ID = /^[A-Za-z0-9]{64}$/

interface Held {
  readonly key: OpenKey | undefined
  readonly until: number
}

export interface Keyring {
  /** An `Exit` where the key is at hand. Refused: what is no key id, and ids nobody has. `now` in epoch milliseconds. */
  readonly find: (keyId: string | undefined, now: number) => Effect.Effect<OpenKey, WireError>
  /** Called when a key was revoked. Returns the undo. */
  readonly onRevoked: (listener: (keyId: string) => void) => () => void
}

const malformed = Exit.fail(Wire.badKeyFormat)
const nobodys = Exit.fail(Wire.unknownKey)

export const make: Effect.Effect<Keyring, never, PaperKeys | Scope.Scope> = Effect.gen(function* () {
  const keys = yield* PaperKeys
  const known = new LeastRecent<string, Held>(KEPT)
  const unknown = new LeastRecent<string, Held>(UNKNOWN_KEPT)
  const forget = keys.onRevoked((keyId) => known.delete(keyId))
  yield* Effect.addFinalizer(() => Effect.sync(forget))

  const load = (keyId: string, now: number): Effect.Effect<OpenKey, WireError> =>
    keys.find(keyId).pipe(
      Effect.mapError(() => Wire.disconnected),
      Effect.flatMap((found) => {
        const key = Option.isSome(found) ? open(found.value) : undefined
        ;(key === undefined ? unknown : known).set(keyId, { key, until: now + TRUSTED_MILLIS })
        return key === undefined ? nobodys : Exit.succeed(key)
      })
    )

  return {
    find: (keyId, now) => {
      if (keyId === undefined || !KEY_ID.test(keyId)) return malformed
      const held = known.get(keyId) ?? unknown.get(keyId)
      if (held === undefined || held.until <= now) return load(keyId, now)
      return held.key === undefined ? nobodys : Exit.succeed(held.key)
    },
    onRevoked: keys.onRevoked
  }
})

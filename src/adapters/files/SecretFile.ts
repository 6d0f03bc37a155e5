// The installation's secret: OUTCRY_SECRET, or a file made once in the data directory.
import { Effect, Layer, Redacted } from "effect"
import { randomBytes } from "node:crypto"
import { chmod, link, mkdir, open, readFile, rm, stat } from "node:fs/promises"
import { join } from "node:path"
import { Config } from "../../Config.ts"
import { Secret, SecretError } from "../../ports/Secret.ts"

const BYTES = 32
/** What `BYTES` bytes are in base64url. */
const PATTERN = /^[A-Za-z0-9_-]{43,}$/

/** `Secret` from `Config.secret`, or from `<DATA_DIR>/secret`, which is made at the first start with mode 600. */
export const layer: Layer.Layer<Secret, SecretError, Config> = Layer.unwrap(
  Effect.gen(function* () {
    const { dataDir, secret } = yield* Config
    return Secret.layerOf(secret ?? (yield* readOrMake(dataDir)))
  })
)

/** The secret in `dataDir`, made if there is none. Starts that race agree on one: the first link to the name wins. */
export const readOrMake = Effect.fn("SecretFile.readOrMake")(function* (
  dataDir: string
): Effect.fn.Return<Redacted.Redacted, SecretError> {
  const path = join(dataDir, "secret")
  const existing = yield* read(path)
  if (existing !== undefined) return existing
  yield* make(dataDir, path)
  const made = yield* read(path)
  return made ?? (yield* new SecretError({ message: `${path} vanished right after it was made. Start again.` }))
})

const read = Effect.fnUntraced(function* (path: string) {
  const text = yield* attempt(`${path} cannot be read`, () =>
    readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined
      throw error
    })
  )
  if (text === undefined) return undefined
  if (!PATTERN.test(text.trim())) {
    return yield* new SecretError({
      message: `${path} does not hold a secret. Restore it from a backup; only if no exchange keys are stored, delete it for a new one.`
    })
  }
  yield* attempt(`${path} is open to other users of this machine and cannot be closed to them`, () =>
    closeToOthers(path)
  )
  return Redacted.make(text.trim())
})

/** A file restored from a backup often comes back readable to everybody. */
const closeToOthers = async (path: string) => {
  if (((await stat(path)).mode & 0o077) !== 0) await chmod(path, 0o600)
}

const make = (dataDir: string, path: string) =>
  attempt(`${path} cannot be made`, async () => {
    await mkdir(dataDir, { recursive: true })
    // Written aside and linked when complete: a reader, or a crash, never meets half a secret under the final name.
    const aside = `${path}.${randomBytes(8).toString("hex")}`
    const file = await open(aside, "wx", 0o600)
    try {
      await file.writeFile(`${randomBytes(BYTES).toString("base64url")}\n`)
      await file.sync()
      await link(aside, path).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "EEXIST") throw error
      })
    } finally {
      await file.close()
      await rm(aside, { force: true })
    }
  })

const attempt = <A>(what: string, run: () => Promise<A>): Effect.Effect<A, SecretError> =>
  Effect.tryPromise({
    try: run,
    catch: (error) =>
      new SecretError({
        message: `${what} (${(error as NodeJS.ErrnoException).code ?? "unknown error"}). Check DATA_DIR and its rights, or set OUTCRY_SECRET.`
      })
  })

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as Pages from "../../../src/layers/gateway/Pages.ts"
import { call, serve } from "../../kit/Served.ts"

const script = "console.log('a large script')\n".repeat(20_000)

/** A built page: an index, and a script with a hash in its name. A secret lies beside the folder. */
const built = Effect.acquireRelease(
  Effect.sync(() => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "outcry-pages-"))
    fs.mkdirSync(path.join(folder, "web"))
    fs.writeFileSync(path.join(folder, "secret.txt"), "secret")
    fs.writeFileSync(path.join(folder, "web", "index.html"), "<!doctype html><title>desk</title>")
    fs.writeFileSync(path.join(folder, "web", "main-A1B2C3D4.js"), script)
    return folder
  }),
  (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true }))
)

describe("the page", () => {
  it.live("answers the desk's addresses with its index, fresh each time, and hashed files for ever", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const folder = yield* built
        const { base } = yield* serve(Pages.layer(path.join(folder, "web")))
        for (const address of ["/", "/login", "/trade/BTCUSDT?x=1"]) {
          const page = yield* call(base, "GET", address)
          assert.strictEqual(page.status, 200, address)
          assert.include(page.body, "<title>desk</title>")
          assert.strictEqual(page.headers.get("cache-control"), "no-cache")
          assert.include(page.headers.get("content-security-policy")!, "default-src 'self'")
        }
        const file = yield* call(base, "GET", "/main-A1B2C3D4.js")
        assert.strictEqual(file.body, script)
        assert.match(file.headers.get("content-type")!, /javascript/)
        assert.match(file.headers.get("cache-control")!, /immutable/)
        const etag = file.headers.get("etag")!
        const known = yield* call(base, "GET", "/main-A1B2C3D4.js", { headers: { "if-none-match": etag } })
        assert.strictEqual(known.status, 304)
        for (const outside of ["/..%2fsecret.txt", "/nothing.js", "/api/nothing", "/trade/a/b"]) {
          const answer = yield* call(base, "GET", outside, { headers: { accept: "text/html" } })
          assert.strictEqual(answer.status, 404, outside)
          assert.strictEqual(answer.body.error.code, "NOT_FOUND")
        }
        assert.strictEqual((yield* call(base, "GET", "/api/market/status")).status, 200)
      })
    )
  )
})

import { assert, describe, it } from "@effect/vitest"
import { parse } from "../../web/store/Route.ts"
import { expiryOf } from "../../web/store/Token.ts"

const withClaims = (claims: unknown) => `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.sig`

describe("addresses", () => {
  it("name the login page, a symbol, or nothing in particular", () => {
    assert.deepStrictEqual(parse("/login"), { page: "login" })
    assert.deepStrictEqual(parse("/trade/btcusdt"), { page: "trade", symbol: "BTCUSDT" })
    assert.deepStrictEqual(parse("/"), { page: "trade", symbol: undefined })
    assert.deepStrictEqual(parse("/trade/%3Cscript%3E"), { page: "trade", symbol: undefined })
  })
})

describe("a token", () => {
  it("says when it ends, and one that does not is left to the server", () => {
    assert.strictEqual(expiryOf(withClaims({ exp: 1_700_000_000, sub: "ü" })), 1_700_000_000_000)
    assert.strictEqual(expiryOf(withClaims({})), undefined)
    assert.strictEqual(expiryOf("nonsense"), undefined)
  })
})

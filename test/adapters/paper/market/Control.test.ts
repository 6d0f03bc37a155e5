import { assert, describe, it } from "@effect/vitest"
import * as Control from "../../../../src/adapters/paper/market/Control.ts"

const refusal = (text: string) => {
  const control = Control.read(text)
  return control.method === "refused" ? JSON.parse(Control.refusal(control.code, control.text, control.id)) : undefined
}

describe("control messages", () => {
  it("are read with ids of every allowed kind, and answered with the id as it came", () => {
    for (const id of [
      "1",
      "-7",
      "0",
      "9223372036854775807",
      '"9f0c2a"',
      '"5c6b3a1e-7d7e-4c49-9c0b-0123456789ab"',
      '""',
      "null"
    ]) {
      const control = Control.read(`{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":${id}}`)
      assert.deepStrictEqual(control, { method: "SUBSCRIBE", names: ["btcusdt@trade"], id })
      assert.strictEqual(Control.answer("null", control.id), `{"result":null,"id":${id}}`)
    }
  })

  it("are refused without an id, or with one of another kind", () => {
    const msg = "Invalid request: request ID must be an unsigned integer"
    for (const id of [
      "",
      ',"id":1.5',
      ',"id":true',
      ',"id":[1]',
      ',"id":"a b"',
      `,"id":"${"a".repeat(37)}"`,
      ',"id":9223372036854775808'
    ]) {
      assert.deepStrictEqual(refusal(`{"method":"LIST_SUBSCRIPTIONS"${id}}`), { error: { code: 2, msg }, id: null }, id)
    }
  })

  it("name the place of what is no JSON", () => {
    assert.deepStrictEqual(refusal("subscribe"), {
      error: { code: 3, msg: "Invalid JSON: expected value at line 1 column 1" },
      id: null
    })
  })

  it("must say a method that exists", () => {
    assert.deepStrictEqual(refusal('{"params":[],"id":1}'), {
      error: { code: 2, msg: "Invalid request: missing field `method` at line 1 column 20" },
      id: 1
    })
    assert.deepStrictEqual(refusal('{"method":"subscribe","params":[],"id":1}'), {
      error: {
        code: 2,
        msg: "Invalid request: unknown variant `subscribe`, expected one of `SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY` at line 1 column 21"
      },
      id: 1
    })
    assert.strictEqual(refusal("[]").error.code, 2)
    assert.strictEqual(refusal("7").error.code, 2)
  })

  it("refuse properties and parameters in the documented words", () => {
    const cases: ReadonlyArray<readonly [string, unknown, number, string]> = [
      ["SET_PROPERTY", ["combine", true], 0, "Unknown property"],
      ["GET_PROPERTY", ["nothing"], 0, "Unknown property"],
      ["SET_PROPERTY", ["combined", "true"], 1, "Invalid value type: expected Boolean"],
      ["SET_PROPERTY", ["combined"], 1, "Invalid value type: expected Boolean"],
      ["SET_PROPERTY", [true], 2, "Invalid request: property name must be a string"],
      ["GET_PROPERTY", [], 2, "Invalid request: property name must be a string"],
      ["GET_PROPERTY", ["combined", true], 2, "Invalid request: too many parameters"],
      ["LIST_SUBSCRIPTIONS", ["btcusdt@trade"], 2, "Invalid request: too many parameters"]
    ]
    for (const [method, params, code, msg] of cases) {
      assert.deepStrictEqual(refusal(JSON.stringify({ method, params, id: 3 })), { error: { code, msg }, id: 3 })
    }
    assert.strictEqual(
      refusal('{"method":"LIST_SUBSCRIPTIONS","id":3,"extra":1}').error.msg,
      "Invalid request: too many parameters"
    )
    assert.strictEqual(refusal('{"method":"SUBSCRIBE","params":[1],"id":3}').error.code, 2)
    assert.strictEqual(refusal('{"method":"SUBSCRIBE","params":"btcusdt@trade","id":3}').error.code, 2)
  })
})

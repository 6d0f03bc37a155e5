// How parameters are read, and the words in which wrong ones are refused.
import { assert, describe, it } from "@effect/vitest"
import * as Params from "../../../../src/adapters/paper/wire/Params.ts"
import { decode, optional, required, withDefault } from "../../../../src/adapters/paper/wire/Params.ts"
import * as RawParams from "../../../../src/adapters/paper/wire/RawParams.ts"
import * as Wire from "../../../../src/adapters/paper/wire/WireError.ts"
import { isWireError } from "../../../../src/adapters/paper/wire/WireError.ts"

const read = (query: string, body = ""): RawParams.RawParams => {
  const raw = RawParams.fromForm(query, body)
  if (isWireError(raw)) throw new Error(raw.message)
  return raw
}

/** `code text` of a refusal; the values of what was read. */
const said = (answer: unknown): unknown =>
  isWireError(answer) ? `${answer.status} ${answer.code} ${answer.message}` : answer

const one = <A>(reader: Params.Reader<A>, text: string) => said(reader("p", text))

const MALFORMED_DECIMAL =
  "400 -1100 Illegal characters found in parameter 'p'; legal range is '^([0-9]{1,20})(\\.[0-9]{1,20})?$'."

describe("raw parameters", () => {
  it("come from query and body together, and the query wins", () => {
    assert.deepStrictEqual([...read("a=1&b=2", "b=3&c=4")].toSorted(), [
      ["a", "1"],
      ["b", "2"],
      ["c", "4"]
    ])
  })

  it("are percent-decoded, with plus for a space; broken encoding is refused, not a failure of ours", () => {
    assert.deepStrictEqual(
      [...read("a=%C3%A9+%2B&b&=x&&c=")],
      [
        ["a", "é +"],
        ["b", ""],
        ["", "x"],
        ["c", ""]
      ]
    )
    assert.strictEqual(said(RawParams.fromForm("a=%E0%A4%A", "")), said(Wire.illegalSomewhere))
    assert.strictEqual(said(RawParams.fromForm("", "%=1")), said(Wire.illegalSomewhere))
  })

  it("may not come twice, nor a hundred and one times", () => {
    const duplicate = "400 -1101 Duplicate values for a parameter detected."
    assert.strictEqual(said(RawParams.fromForm("a=1&a=1", "")), duplicate)
    assert.strictEqual(said(RawParams.fromForm("", "a=1&b=2&a=3")), duplicate)
    const many = Array.from({ length: 101 }, (_, n) => `p${n}=1`).join("&")
    assert.strictEqual(
      said(RawParams.fromForm(many, "")),
      "400 -1101 Too many parameters; expected '100' and received '101'."
    )
    assert.isFalse(isWireError(RawParams.fromForm(many.slice(0, many.lastIndexOf("&")), "")))
  })

  it("of the WebSocket API print as JSON does", () => {
    const raw = RawParams.fromJson({ a: 1, b: true, c: "x", d: ["X", "Y"], e: 0.1 })
    assert.deepStrictEqual(isWireError(raw) ? raw : [...raw.values()], ["1", "true", "x", '["X","Y"]', "0.1"])
    assert.strictEqual(said(RawParams.fromJson({ a: null })), "400 -1130 Data sent for parameter 'a' is not valid.")
  })
})

describe("a spec", () => {
  const spec = {
    symbol: required(Params.symbol),
    limit: withDefault(Params.limit(1000), 500),
    id: optional(Params.clientId, Wire.emptyOriginalClientId)
  }

  it("gives each parameter its value, or what it is without one", () => {
    assert.deepStrictEqual(decode(spec, read("symbol=BTCUSDT")), { symbol: "BTCUSDT", limit: 500, id: undefined })
    assert.deepStrictEqual(decode(spec, read("id=x-1&limit=5000&symbol=BTCUSDT")), {
      symbol: "BTCUSDT",
      limit: 1000,
      id: "x-1"
    })
  })

  it("says which one is missing, empty, or too many", () => {
    assert.strictEqual(
      said(decode(spec, read("limit=1"))),
      "400 -1102 Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."
    )
    assert.strictEqual(said(decode(spec, read("symbol="))), "400 -1105 Parameter 'symbol' was empty.")
    assert.strictEqual(said(decode(spec, read("symbol=A&id="))), "400 -1119 Original client order ID was empty.")
    assert.strictEqual(
      said(decode(spec, read("symbol=A&x=1"))),
      "400 -1104 Not all sent parameters were read; read '1' parameter(s) but was sent '2'."
    )
    assert.strictEqual(
      said(decode(spec, read("symbol=A&w=1&x=1&y=2"))),
      "400 -1101 Too many parameters; expected '3' and received '4'."
    )
  })

  it("counts the parameters of the signature among those sent, as the live exchange does", () => {
    const signed = "symbol=A&timestamp=1&signature=s"
    assert.isFalse(isWireError(decode(spec, read(signed), Params.SIGNED_REST)))
    assert.strictEqual(
      said(decode(spec, read(`${signed}&x=1`), Params.SIGNED_REST)),
      "400 -1104 Not all sent parameters were read; read '3' parameter(s) but was sent '4'."
    )
  })
})

describe("readers", () => {
  it("take decimals in plain notation only, of at most eight places", () => {
    for (const text of ["1", "0", "0.00100000", "00001.5", "92233720367.99999999", "1.0000000000000000000"]) {
      assert.strictEqual(one(Params.decimal, text), text)
    }
    for (const text of [
      "1e-7",
      "-1",
      "+1",
      ".5",
      "5.",
      "1,5",
      "0x1",
      "NaN",
      "1 ",
      "１",
      "1".repeat(21),
      `0.${"0".repeat(21)}`
    ]) {
      assert.strictEqual(one(Params.decimal, text), MALFORMED_DECIMAL)
    }
    assert.strictEqual(one(Params.decimal, "0.000000001"), "400 -1111 Parameter 'p' has too much precision.")
    assert.strictEqual(one(Params.decimal, "92233720368"), "400 -1108 Parameter 'p' overflowed.")
    assert.strictEqual(one(Params.decimal, "12345678901234567890"), "400 -1108 Parameter 'p' overflowed.")
  })

  it("take whole numbers that JavaScript can hold, and signed ones where Java's long is meant", () => {
    assert.strictEqual(one(Params.integer, "9007199254740991"), 9007199254740991)
    assert.strictEqual(one(Params.integer, "9007199254740992"), "400 -1108 Parameter 'p' overflowed.")
    assert.match(String(one(Params.integer, "-1")), /^400 -1100 /)
    assert.strictEqual(one(Params.long, "-5"), -5)
    assert.strictEqual(one(Params.limit(100), "0"), "400 -1130 Data sent for parameter 'p' is not valid.")
    assert.strictEqual(one(Params.limit(100), "101"), 100)
  })

  it("take times in milliseconds and in microseconds", () => {
    assert.strictEqual(one(Params.time, "1722470400000"), 1722470400000)
    assert.strictEqual(one(Params.time, "1722470400000999"), 1722470400000)
  })

  it("know a symbol by its form, ASCII or not, and never in lower case", () => {
    for (const text of ["BTCUSDT", "1000SATS-X_Y.Z", "币安人生USDT"]) assert.strictEqual(one(Params.symbol, text), text)
    for (const text of ["btcusdt", "BTC/USDT", "BTC USDT", "A".repeat(51), "A'"]) {
      assert.match(
        String(one(Params.symbol, text)),
        /^400 -1100 Illegal characters found in parameter 'p'; legal range/
      )
    }
  })

  it("take symbols as JSON in all three encodings, each once", () => {
    const spec = { symbols: required(Params.symbols) }
    for (const text of ['["A","B"]', "[%22A%22,%22B%22]", "%5B%22A%22%2C%22B%22%5D"]) {
      assert.deepStrictEqual(decode(spec, read(`symbols=${text}`)), { symbols: ["A", "B"] })
    }
    assert.strictEqual(one(Params.symbols, '["A","A"]'), "400 -1151 Symbol is present multiple times in the list.")
    for (const text of ["A", "[A]", '["A"', '["a"]', "[1]", '{"0":"A"}']) {
      assert.match(String(one(Params.symbols, text)), /^400 -1100 /)
    }
  })

  it("know their words, and a client id by its letters", () => {
    assert.strictEqual(one(Params.oneOf(["BUY", "SELL"], Wire.invalidSide), "buy"), "400 -1117 Invalid side.")
    assert.strictEqual(one(Params.oneOf(["A"]), "B"), "400 -1130 Data sent for parameter 'p' is not valid.")
    assert.strictEqual(one(Params.boolean, "TRUE"), true)
    assert.strictEqual(one(Params.boolean, "1"), "400 -1130 Data sent for parameter 'p' is not valid.")
    assert.strictEqual(one(Params.clientId, "x-U5D79M5B_1"), "x-U5D79M5B_1")
    for (const text of ["a b", "a.b", "x".repeat(37), "é"]) {
      assert.strictEqual(
        one(Params.clientId, text),
        "400 -1100 Illegal characters found in parameter 'p'; legal range is '^[a-zA-Z0-9-_]{1,36}$'."
      )
    }
  })
})

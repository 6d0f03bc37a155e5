// Signatures against the examples in Binance's documents, and what a forger would try.
import { assert, describe, it } from "@effect/vitest"
import { Redacted } from "effect"
import { constants, generateKeyPairSync, sign } from "node:crypto"
import * as RawParams from "../../../../src/adapters/paper/wire/RawParams.ts"
import {
  isSignedBy,
  open,
  type OpenKey,
  restPayload,
  wsPayload
} from "../../../../src/adapters/paper/wire/Signature.ts"
import { isWireError } from "../../../../src/adapters/paper/wire/WireError.ts"
import { type KeyMaterial, PLAIN_RIGHTS } from "../../../../src/ports/PaperKeys.ts"

const KEY_ID = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
const SECRET = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"

const openOf = (material: KeyMaterial): OpenKey => {
  const key = {
    keyId: KEY_ID,
    account: "acc",
    label: "",
    mayRead: true,
    mayTrade: true,
    createdAt: 0,
    ...PLAIN_RIGHTS,
    material
  }
  const opened = open(key)
  assert.isDefined(opened)
  return opened as OpenKey
}

const hmac = openOf({ kind: "HMAC", secret: Redacted.make(SECRET) })

const FIRST = "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC"
const SECOND = "quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559"

describe("signatures", () => {
  it("accepts the documents' example, all in the query, in either case of hex", () => {
    const signature = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
    const payload = restPayload(`${FIRST}&${SECOND}&signature=${signature}`, "")
    assert.strictEqual(payload, `${FIRST}&${SECOND}`)
    assert.isTrue(isSignedBy(hmac, payload, "latin1", signature))
    assert.isTrue(isSignedBy(hmac, payload, "latin1", signature.toUpperCase()))
    assert.isTrue(isSignedBy(hmac, restPayload("", `${FIRST}&${SECOND}&signature=x`), "latin1", signature))
  })

  it("accepts the documents' example of query and body: one after the other, with nothing between", () => {
    const signature = "0fd168b8ddb4876a0358a8d14d0c9f3da0e9b20c5d52b2a00fcf7d1c602f9a77"
    assert.isTrue(isSignedBy(hmac, restPayload(FIRST, `${SECOND}&signature=${signature}`), "latin1", signature))
    assert.isFalse(isSignedBy(hmac, restPayload(SECOND, FIRST), "latin1", signature))
  })

  it("accepts the documents' example of a symbol that is percent-encoded: what is signed is what was sent", () => {
    const symbol = "%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96"
    const query = `symbol=${symbol}&side=BUY&type=LIMIT&timeInForce=GTC&${SECOND}`
    const signature = "e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3"
    assert.isTrue(isSignedBy(hmac, restPayload(query, ""), "latin1", signature))
  })

  it("takes the signature out of wherever it stands", () => {
    for (const query of ["signature=s&a=1&b=2", "a=1&signature=s&b=2", "a=1&b=2&signature=s", "a=1&b=2"]) {
      assert.strictEqual(restPayload(query, ""), "a=1&b=2")
    }
    assert.strictEqual(restPayload("signature=s", "a=1"), "a=1")
    assert.strictEqual(restPayload("mysignature=s", ""), "mysignature=s")
  })

  it("accepts the documents' WebSocket API example: every parameter, sorted by name", () => {
    const raw = RawParams.fromJson({
      symbol: "BTCUSDT",
      side: "SELL",
      type: "LIMIT",
      timeInForce: "GTC",
      quantity: "0.01000000",
      price: "52000.00",
      newOrderRespType: "ACK",
      recvWindow: 100,
      timestamp: 1645423376532,
      apiKey: KEY_ID,
      signature: "…"
    })
    if (isWireError(raw)) return assert.fail(raw.message)
    const signature = "cc15477742bd704c29492d96c7ead9414dfd8e0ec4a00f947bb5bb454ddbd08a"
    assert.isTrue(isSignedBy(hmac, wsPayload(raw), "utf8", signature))
  })

  it("refuses any other secret, payload, or text for a signature", () => {
    const payload = restPayload(`${FIRST}&${SECOND}`, "")
    const signature = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
    const other = openOf({ kind: "HMAC", secret: Redacted.make(`${SECRET}!`) })
    assert.isFalse(isSignedBy(other, payload, "latin1", signature))
    assert.isFalse(isSignedBy(hmac, `${payload}&price=1`, "latin1", signature))
    for (const wrong of ["", "0", signature.slice(1), `${signature}00`, "zz".repeat(32), "é".repeat(64)]) {
      assert.isFalse(isSignedBy(hmac, payload, "latin1", wrong))
    }
  })

  it("checks RSA and Ed25519 signatures in base64, and nothing of another kind", () => {
    const payload = Buffer.from(`${FIRST}&${SECOND}`)
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 })
    const ed = generateKeyPairSync("ed25519")
    const pem = (key: typeof rsa.publicKey) => key.export({ type: "spki", format: "pem" }).toString()
    const rsaKey = openOf({ kind: "RSA", publicKey: pem(rsa.publicKey) })
    const edKey = openOf({ kind: "ED25519", publicKey: pem(ed.publicKey) })
    const padding = constants.RSA_PKCS1_PADDING
    const bySha256 = sign("sha256", payload, { key: rsa.privateKey, padding }).toString("base64")
    const byEd25519 = sign(null, payload, ed.privateKey).toString("base64")
    const text = payload.toString()
    assert.isTrue(isSignedBy(rsaKey, text, "latin1", bySha256))
    assert.isTrue(isSignedBy(edKey, text, "latin1", byEd25519))
    assert.isFalse(isSignedBy(rsaKey, text, "latin1", byEd25519))
    assert.isFalse(isSignedBy(edKey, text, "latin1", bySha256))
    assert.isFalse(isSignedBy(edKey, `${text}0`, "latin1", byEd25519))
    assert.isFalse(isSignedBy(edKey, text, "latin1", byEd25519.toLowerCase()))
    const key = { ...edKey.key, material: { kind: "ED25519" as const, publicKey: pem(rsa.publicKey) } }
    assert.isUndefined(open(key))
    assert.isUndefined(open({ ...key, material: { kind: "RSA", publicKey: "no PEM" } }))
  })
})

import { assert, describe, it } from "@effect/vitest"
import { OrderHistory } from "../../../src/contract/History.ts"
import { Schema } from "effect"
import * as Money from "../../../src/domain/Money.ts"
import { MAX_ROWS, storyOf } from "../../../src/layers/gateway/OrderStory.ts"
import type { Trail } from "../../../src/ports/Journal.ts"
import {
  accepted,
  accountId,
  callOf,
  envelope,
  NOW,
  orderId,
  placeOrder,
  receiptOf,
  submitted
} from "../../kit/Samples.ts"
import type { Event } from "../../../src/domain/Event.ts"

const ann = accountId("story")
const place = placeOrder(ann, 1)

const recorded = (event: Event, seq: number, after: number) => ({
  seq,
  at: NOW + after,
  traceId: `trace-${seq}`,
  event
})

/** An order whose answer was lost, and which was found by asking. */
const trail: Trail = {
  commands: [
    { envelope: place, receipt: receiptOf(place, 2) },
    { envelope: { ...envelope(ann, "x1", { _tag: "CancelOrder", orderId: orderId(1) }), at: NOW + 9_000 } }
  ],
  events: [
    recorded(submitted(1), 2, 0),
    recorded({ _tag: "OrderUnknown", orderId: orderId(1), call: "submit", reason: "The connection was cut." }, 3, 40),
    recorded({ ...accepted(1), from: "query" } as Event, 4, 300)
  ],
  calls: [
    { ...callOf(1, "submit", 0), answeredAt: NOW + 40, outcome: "lost", detail: "" },
    { ...callOf(1, "query", 290), outcome: "found", detail: "NEW" }
  ]
}

describe("the story of an order", () => {
  it("is one line of time: what was asked, decided, called, doubted and found", () => {
    const { complete, rows } = storyOf(orderId(1), trail)
    assert.isTrue(complete)
    assert.deepStrictEqual(
      rows.map(({ at, source, what }) => [at - NOW, source, what]),
      [
        [0, "user", "PlaceOrder"],
        [0, "desk", "OrderSubmitted"],
        [40, "answer", "submit"],
        [40, "desk", "OrderUnknown"],
        [295, "query", "query"],
        [300, "query", "OrderAccepted"],
        [9_000, "user", "CancelOrder"]
      ]
    )
    assert.deepStrictEqual(
      rows.map(({ sentence }) => sentence),
      [
        "Asked to place: BUY 0.5 BTCUSDT at 60000.01, GTC. The desk took it.",
        "Approved and stored, with 30000.005 USDT held for it. It goes to the exchange as oc01912f5c000070008000000000000001.",
        "The submit got no answer that can be trusted after 40 ms.",
        "No answer to the submit can be trusted: The connection was cut. The desk asks the exchange until it knows, and sends nothing again.",
        "Asked about it, the exchange answered after 5 ms: NEW.",
        "The exchange has it, as its order 1001.",
        "Asked to cancel. It waits for the desk's decision."
      ]
    )
    assert.deepStrictEqual(
      rows.slice(0, 4).map(({ seq, traceId, userId }) => [seq, traceId, userId]),
      [
        [null, "trace-c1", "user-ann"],
        [2, "trace-2", null],
        [null, null, null],
        [3, "trace-3", null]
      ]
    )
    Schema.decodeUnknownSync(OrderHistory)(storyOf(orderId(1), trail))
  })

  it("says where it was cut, and shows nothing of what came after that", () => {
    const calls = Array.from({ length: MAX_ROWS + 1 }, (_, index) => callOf(1, "query", 1000 + index))
    const { complete, rows } = storyOf(orderId(1), { ...trail, calls })
    assert.isFalse(complete)
    assert.strictEqual(rows.filter(({ what }) => what === "query").length, MAX_ROWS)
    assert.notInclude(
      rows.map(({ what }) => what),
      "CancelOrder"
    )
  })

  it("tells a denial and a refusal in the words they were told in", () => {
    const denied = { ...receiptOf(place, 3), outcome: "denied", reason: "Not enough USDT: 5 needed, 1 free." } as const
    const reason = {
      _tag: "InsufficientBalance",
      asset: "USDT",
      needed: Money.decimal("5"),
      free: Money.decimal("1")
    } as const
    const { commandId } = place
    const intent = place.command._tag === "PlaceOrder" ? place.command.intent : undefined
    assert.isDefined(intent)
    const { rows } = storyOf(orderId(1), {
      commands: [{ envelope: place, receipt: denied }],
      events:
        intent === undefined
          ? []
          : [recorded({ _tag: "OrderDenied", orderId: orderId(1), commandId, intent, reason }, 3, 1)],
      calls: []
    })
    assert.deepStrictEqual(
      rows.map(({ sentence }) => sentence.slice(sentence.indexOf("enied"))),
      ["enied it: Not enough USDT: 5 needed, 1 free.", "enied, and never sent: Not enough USDT: 5 needed, 1 free."]
    )
  })
})

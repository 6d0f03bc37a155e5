// Desks that are broken on purpose: one place of the source each, changed while the simulator's bundle is made. Each must be caught.

export interface Mutation {
  /** The value of OUTCRY_MUTATION that switches it on. */
  readonly name: string
  /** What it breaks; a violation that begins with one of them must be found. */
  readonly breaks: ReadonlyArray<string>
  readonly file: string
  /** Stands in the file once. */
  readonly find: string
  readonly replace: string
}

const executor = "src/layers/executor"

export const mutations: ReadonlyArray<Mutation> = [
  {
    name: "never-sweep",
    breaks: ["I1"],
    file: `${executor}/Executor.ts`,
    find: "const sweeping = sweep(OVERDUE_MILLIS).pipe(",
    replace: "const sweeping = Effect.void.pipe("
  },
  {
    name: "send-again-on-timeout",
    breaks: ["I2"],
    file: `${executor}/Calls.ts`,
    find: "const message = yield* made.pipe(",
    replace: "const message = yield* Effect.retry(made, { times: 1 }).pipe("
  },
  {
    name: "call-before-append",
    breaks: ["I2"],
    file: `${executor}/Writer.ts`,
    find: `reached("step decided")
      yield* append(turn)`,
    replace: `reached("step decided")
      yield* calls.make(turn)
      turn.submits.length = 0
      yield* append(turn)`
  },
  {
    name: "decide-without-receipt",
    breaks: ["I3", "I1", "I8", "the history"],
    file: `${executor}/AccountActor.ts`,
    find: "if (!settled) turn.command(envelope)",
    replace: "turn.command(envelope)"
  },
  {
    name: "believe-early-absence",
    breaks: ["I4"],
    file: "src/domain/Hear.ts",
    find: "submit === undefined || !isProven(submit)",
    replace: "submit === undefined"
  },
  {
    name: "timeout-is-a-refusal",
    breaks: ["I4"],
    file: `${executor}/Calls.ts`,
    find: `return { _tag: "NoAnswer", reason: reason.message }`,
    replace: `return { _tag: "CallRefused", reason: reason.message }`
  },
  {
    name: "never-ask",
    breaks: ["I4"],
    file: `${executor}/Evidence.ts`,
    find: "if (searching.has(orderId)) return",
    replace: "if (orderId.length > 0) return"
  },
  {
    name: "ask-too-late",
    breaks: ["I4"],
    file: `${executor}/Evidence.ts`,
    find: "proof > askedAt ? Math.min(wait, Math.max(0, proof - now)) : wait",
    replace: "30_000"
  },
  {
    name: "many-at-a-time",
    breaks: ["I1", "I4", "I6", "I8", "the history"],
    file: "src/layers/Mailbox.ts",
    find: "yield* actor.handle(messages)",
    replace: "yield* Effect.forkChild(actor.handle(messages))"
  },
  {
    name: "fee-forgotten",
    breaks: ["I6"],
    file: "src/domain/Account.ts",
    find: "change(fill.feeAsset, (balance) => Balance.pay(balance, fill.fee))",
    replace: ""
  },
  {
    name: "hold-never-released",
    breaks: ["I6"],
    file: "src/domain/OrderLife.ts",
    find: `    freed: order.hold.amount,`,
    replace: `    freed: Money.zero,`
  },
  {
    name: "pair-held-twice",
    breaks: ["I6"],
    file: "src/domain/ListHold.ts",
    find: "if (isOfPair(list)) pair = Money.max(pair, hold.amount)",
    replace: "if (isOfPair(list)) pair = Money.add(pair, hold.amount)"
  },
  {
    name: "leg-never-placed",
    breaks: ["I4", "I6"],
    file: "src/domain/Hear.ts",
    find: "...(report.pending === true ? [] : placed(order, report.from)),",
    replace: ""
  },
  {
    name: "replaced-though-traded",
    breaks: ["I2"],
    file: "src/layers/executor/Calls.ts",
    find: "isUntraded: Money.isZero(order.executedQuantity)",
    replace: "isUntraded: false"
  },
  {
    name: "fill-counted-twice",
    breaks: ["I7"],
    file: "src/domain/Hear.ts",
    find: "const isKnown = order.tradeIds.includes(fill.tradeId)",
    replace: "const isKnown = false"
  },
  {
    name: "close-before-all-fills",
    breaks: ["I7", "I8"],
    file: "src/domain/Hear.ts",
    find: "if (Money.greaterThan(report.executedQuantity, order.executedQuantity)) return",
    replace: "if (orderId.length === 0) return"
  },
  {
    name: "publish-before-append",
    breaks: ["I8"],
    file: `${executor}/Writer.ts`,
    find: `reached("step decided")`,
    replace: `yield* events.publish(turn.updates)`
  },
  {
    name: "start-without-asking",
    breaks: ["I4", "I7", "I8"],
    file: `${executor}/Link.ts`,
    find: "const taken = yield* Survey.take(options, cause)",
    replace: 'if (cause !== "period") return true\n  const taken = yield* Survey.take(options, cause)'
  },
  {
    name: "trust-a-silent-stream",
    breaks: ["I4", "I7", "I8"],
    file: `${executor}/Survey.ts`,
    find: "if (order.flights !== undefined || order.exchangeOrderId === undefined) return true",
    replace: "if (orderIn.length > 0) return false"
  }
]

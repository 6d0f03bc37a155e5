// An exchange without faults: what the transports ask where no registry is provided.
import { Effect } from "effect"
import { PROCEED } from "./CallFaults.ts"
import type { FaultHooks } from "./Faults.ts"

export const noFaults: FaultHooks = {
  quiet: true,
  beforeCall: () => PROCEED,
  afterCall: () => PROCEED,
  before: (_call, _ways, execute) => execute(),
  after: (_call, { answer }, _ways, send) => send(answer),
  later: (_millis, action) => action(),
  frozen: () => false,
  whenThawed: (_target, action) => action(),
  clockSkewMillis: () => 0,
  events: (_target, _at, batch) => batch.map((event) => ({ event, waitMillis: 0, lateMillis: 0 })),
  deliver: (_target, batch, send) => Effect.sync(() => batch.forEach(send)),
  silenced: () => false,
  attach: () => ({ changed: () => undefined, detach: () => undefined }),
  limited: (outside) => outside,
  moved: (feed) => feed,
  told: () => undefined
}

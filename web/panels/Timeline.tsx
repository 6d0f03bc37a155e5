// What happened to one order, from the click on: who asked, what the desk did, what the exchange said, in one line of time.
import { useEffect, useRef } from "preact/hooks"
import type { HistoryRow, HistorySource } from "../../src/contract/History.ts"
import type { OrderView } from "../../src/contract/Views.ts"
import * as Timelines from "../store/Timeline.ts"
import { Empty } from "../ui/Panel.tsx"
import { StatusPill } from "../ui/Pill.tsx"
import { moment, preciseTime } from "../ui/Time.ts"

const sources: Record<HistorySource, string> = {
  user: "You",
  desk: "Desk",
  stream: "Exchange",
  answer: "Answer",
  query: "Asked",
  survey: "Survey"
}

export const Timeline = () => {
  const dialog = useRef<HTMLDialogElement>(null)
  const orderId = Timelines.opened.value
  useEffect(() => Timelines.follow(), [])
  useEffect(() => {
    if (orderId === undefined) dialog.current?.close()
    else dialog.current?.showModal()
  }, [orderId])
  const close = () => (Timelines.opened.value = undefined)
  return (
    <dialog ref={dialog} class="panel timeline" aria-label="What happened to this order" onClose={close}>
      {orderId === undefined ? null : <Story orderId={orderId} />}
      <button type="button" class="go plain" autofocus onClick={close}>
        Close
      </button>
    </dialog>
  )
}

const Story = ({ orderId }: { orderId: string }) => {
  const { data, message, status } = Timelines.story.value
  const order = Timelines.orderOf(orderId)
  return (
    <>
      <h2>
        {order === undefined ? "This order" : titleOf(order)}{" "}
        {order === undefined ? null : <StatusPill status={order.status} />}
      </h2>
      {order === undefined ? null : <Doubt order={order} />}
      {data === undefined ? (
        <Empty what={status === "failed" ? "Its story could not be read." : "Reading its story…"}>{message}</Empty>
      ) : (
        <ol class="story">
          {data.rows.map((row, index) => (
            <Line key={index} row={row} before={data.rows[index - 1]} />
          ))}
          {data.complete ? null : <li class="soft">There is more than is shown here.</li>}
        </ol>
      )}
    </>
  )
}

const titleOf = ({ quantity, side, symbol }: OrderView) => `${side === "BUY" ? "Buy" : "Sell"} ${quantity} ${symbol}`

const found: Record<NonNullable<OrderView["resolution"]>["found"], string> = {
  working: "it works at the exchange",
  filled: "it was filled",
  canceled: "it was cancelled",
  expired: "it had expired",
  rejected: "the exchange had rejected it",
  amended: "it was amended",
  unchanged: "it stands as before",
  "never arrived": "it never reached the exchange"
}

/** A doubt says why and what is being done; one that ended, what was found and how. */
export const Doubt = ({ order }: { order: OrderView }) => {
  const { doubt, external, resolution } = order
  return (
    <>
      {external === undefined ? null : (
        <p class="soft small">Placed at the exchange by somebody else, as {external}. The desk follows it.</p>
      )}
      {doubt === undefined ? null : (
        <p class="accent small" data-testid="doubt">
          The {doubt.call} got no answer at {preciseTime(doubt.since)}: {doubt.reason} The desk keeps asking the
          exchange, and sends nothing again.
        </p>
      )}
      {resolution === undefined || doubt !== undefined ? null : (
        <p class="soft small" data-testid="resolution">
          In doubt from {preciseTime(resolution.since)} to {preciseTime(resolution.at)}; then {found[resolution.found]}{" "}
          ({sources[resolution.how].toLowerCase()}).
        </p>
      )}
    </>
  )
}

const Line = ({ before, row }: { row: HistoryRow; before: HistoryRow | undefined }) => (
  <li data-testid="story-row" data-what={row.what}>
    <time dateTime={new Date(row.at).toISOString()} title={moment(row.at)}>
      {before !== undefined && before.at === row.at ? "" : preciseTime(row.at)}
    </time>
    <span class="soft source" title={row.traceId === null ? undefined : `Trace ${row.traceId}`}>
      {sources[row.source]}
    </span>
    <span class="what">{row.sentence}</span>
  </li>
)

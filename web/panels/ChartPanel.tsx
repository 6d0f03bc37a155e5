// The chart's frame: interval, the candle under the cursor, and the island that draws.
import { effect, signal } from "@preact/signals"
import { useEffect, useRef } from "preact/hooks"
import type { CandleView } from "../../src/contract/Views.ts"
import { type ChartHost, makeChartHost } from "../chart/ChartHost.ts"
import * as Account from "../store/Account.ts"
import * as Connection from "../store/Connection.ts"
import * as Market from "../store/Market.ts"
import * as MarketClock from "../store/MarketClock.ts"
import * as Orders from "../store/Orders.ts"
import * as Preferences from "../store/Preferences.ts"
import * as Figure from "../ui/Figure.ts"
import { Empty, Panel } from "../ui/Panel.tsx"
import { Segments } from "../ui/Segments.tsx"

/** The candle under the cursor; the last one without a cursor. */
const pointed = signal<CandleView | undefined>(undefined)

export const ChartPanel = () => {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => (place.current === null ? undefined : draw(place.current)), [])
  const remote = Market.chart.value?.series.value
  const candles = remote?.data?.candles
  return (
    <Panel
      name="Chart"
      place="chart"
      stale={candles !== undefined && (Connection.state.value !== "live" || remote?.status === "stale")}
      head={
        <>
          <Segments
            label="Interval"
            options={Preferences.chartIntervals}
            chosen={Preferences.interval.value}
            choose={Preferences.chooseInterval}
          />
          <span class="grow" />
          <Candle />
        </>
      }
    >
      <div class="canvas" ref={place} role="img" aria-label="Candlestick chart" />
      {remote?.status === "failed" ? (
        <Empty what="The chart could not be read.">{remote.message}</Empty>
      ) : candles === undefined ? (
        <Empty what="The chart is on its way…" />
      ) : candles.length === 0 ? (
        <Empty what="Candles will be here.">The first one opens with the market's first trade.</Empty>
      ) : null}
    </Panel>
  )
}

const Candle = () => {
  const candle = pointed.value ?? Market.chart.value?.series.value.data?.candles.at(-1)
  const decimals = Market.instrument.value?.priceDecimals ?? 2
  if (candle === undefined) return null
  return (
    <span class="ohlc num soft">
      {(["open", "high", "low", "close"] as const).map((part) => (
        <span key={part}>
          <span class="label">{part[0]!.toUpperCase()}</span> {Figure.fixed(candle[part], decimals)}
        </span>
      ))}
      <span>
        <span class="label">V</span> {Figure.plain(candle.volume, 2)}
      </span>
    </span>
  )
}

/** Ties the island to the stores: each effect hands over what it draws, when that changed. */
const draw = (element: HTMLElement): (() => void) => {
  const host: ChartHost = makeChartHost(element, {
    point: (candle) => (pointed.value = candle),
    older: () => void Market.chart.peek()?.older(),
    cancel: (orderId) => void Orders.cancel(orderId)
  })
  const stops = [
    effect(() => {
      void Preferences.colours.value
      void Preferences.theme.value
      // The page's own colours change in another effect: read them once it has run.
      queueMicrotask(host.recolour)
    }),
    effect(() => {
      const instrument = Market.instrument.value
      if (instrument !== undefined) host.precision(instrument.priceDecimals, instrument.tickSize)
    }),
    effect(() => {
      const feed = Market.chart.value
      const series = feed?.series.value.data
      host.show(feed === undefined ? "" : `${feed.symbol}:${feed.interval}`, feed?.interval ?? "1m", series)
    }),
    effect(() => {
      const now = Market.symbol.value
      host.orders(Account.openOrders.value.filter(({ symbol }) => symbol === now))
    }),
    effect(() => {
      const now = Market.symbol.value
      host.entry(Account.positions.value.find(({ symbol }) => symbol === now))
    }),
    effect(() => {
      const now = Market.symbol.value
      const clock = Market.clock.value
      const fills = (Account.fills.value.data ?? []).filter(({ symbol }) => symbol === now)
      host.fills(fills, (at) => MarketClock.marketTime(clock, at))
    })
  ]
  return () => {
    stops.forEach((stop) => stop())
    host.close()
  }
}

// The chart: an imperative island. The stores hand it what changed; it decides the least that must be drawn.
import {
  CandlestickSeries,
  ColorType,
  createChart,
  createSeriesMarkers,
  CrosshairMode,
  HistogramSeries,
  type IPriceLine,
  LineStyle
} from "lightweight-charts"
import type { CandleView, FillView, OrderView, PositionView } from "../../src/contract/Views.ts"
import type { Interval } from "../../src/domain/Candle.ts"
import type { CandleSeries } from "../store/Candles.ts"
import * as Figure from "../ui/Figure.ts"
import * as Clock from "./Clock.ts"
import { lineOf } from "./OrderLine.ts"
import { makeOrderTags } from "./OrderTags.ts"
import { readPalette } from "./Palette.ts"
import * as Shape from "./Shape.ts"

export interface ChartHost {
  /** `key` names symbol and interval: another key starts a new picture at its right end. */
  readonly show: (key: string, interval: Interval, series: CandleSeries | undefined) => void
  readonly precision: (decimals: number, tickSize: string) => void
  readonly orders: (orders: ReadonlyArray<OrderView>) => void
  readonly entry: (position: PositionView | undefined) => void
  /** `timeOf` turns a fill's time into the market's. */
  readonly fills: (fills: ReadonlyArray<FillView>, timeOf: (at: number) => number) => void
  readonly recolour: () => void
  readonly close: () => void
}

export interface ChartWishes {
  readonly point: (candle: CandleView | undefined) => void
  readonly older: () => void
  readonly cancel: (orderId: string) => void
}

/** Candles in view at the start. */
const IN_VIEW = 120
/** Candles left of the view at which older ones are asked for. */
const ASK_BEFORE = 20

const sameTime = (at: number): number => at

export const makeChartHost = (element: HTMLElement, wishes: ChartWishes): ChartHost => {
  let palette = readPalette()
  const chart = createChart(element, {
    autoSize: true,
    localization: { timeFormatter: Clock.moment },
    crosshair: { mode: CrosshairMode.Normal },
    timeScale: { rightOffset: 6, tickMarkFormatter: Clock.tick, borderVisible: false, timeVisible: true },
    rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.06, bottom: 0.2 } }
  })
  const candles = chart.addSeries(CandlestickSeries, { borderVisible: false, priceLineStyle: LineStyle.Dashed })
  const volumes = chart.addSeries(HistogramSeries, {
    priceScaleId: "volume",
    priceFormat: { type: "volume" },
    lastValueVisible: false,
    priceLineVisible: false
  })
  volumes.priceScale().applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } })
  const markers = createSeriesMarkers(candles, [])
  const layer = document.createElement("div")
  layer.className = "tags"
  element.append(layer)
  const tags = makeOrderTags(layer, candles, wishes.cancel)
  candles.attachPrimitive(tags.primitive)

  let shown: { key: string; interval: Interval; series: CandleSeries } | undefined
  let orderList: ReadonlyArray<OrderView> = []
  let fillList: ReadonlyArray<FillView> = []
  let fillTime = sameTime
  let position: PositionView | undefined
  let orderLines: ReadonlyArray<IPriceLine> = []
  let entryLine: IPriceLine | undefined

  const drawMarkers = () =>
    markers.setMarkers(Shape.markers(fillList, fillTime, shown?.interval ?? "1m", shown?.series.candles ?? [], palette))

  const drawTags = () => tags.show(orderList, position)

  const drawOrders = () => {
    for (const line of orderLines) candles.removePriceLine(line)
    orderLines = orderList.flatMap((order) => {
      const line = lineOf(order)
      return line === undefined
        ? []
        : [
            candles.createPriceLine({
              price: Number(line.price),
              color: order.status === "UNKNOWN" ? palette.accent : order.side === "BUY" ? palette.up : palette.down,
              lineStyle: line.kind === "stop" ? LineStyle.SparseDotted : LineStyle.Dashed,
              lineWidth: 1,
              axisLabelVisible: true,
              axisLabelTextColor: palette.panel
            })
          ]
    })
    drawTags()
  }

  const drawEntry = () => {
    if (entryLine !== undefined) candles.removePriceLine(entryLine)
    entryLine =
      position === undefined || position.averageEntry === null
        ? undefined
        : candles.createPriceLine({
            price: Number(position.averageEntry),
            color: palette.soft,
            lineStyle: LineStyle.Dotted,
            lineWidth: 1,
            axisLabelVisible: true,
            axisLabelTextColor: palette.panel
          })
    drawTags()
  }

  const drawAll = (series: CandleSeries) => {
    candles.setData(series.candles.map(Shape.bar))
    volumes.setData(series.candles.map((candle) => Shape.volume(candle, palette)))
    drawMarkers()
  }

  const show: ChartHost["show"] = (key, interval, series) => {
    if (series === undefined) {
      if (shown === undefined || shown.key === key) return
      shown = undefined
      candles.setData([])
      volumes.setData([])
      return drawMarkers()
    }
    const before = shown
    shown = { key, interval, series }
    if (before?.key !== key) {
      chart.timeScale().applyOptions({ secondsVisible: interval.endsWith("s") })
      // Seen from its newest end, whatever was looked at before.
      candles.priceScale().applyOptions({ autoScale: true })
      drawAll(series)
      const count = series.candles.length
      return chart.timeScale().setVisibleLogicalRange({ from: count - IN_VIEW, to: count + 5 })
    }
    if (before.series.rebuilds !== series.rebuilds) return drawAll(series)
    // Only the end moved: the last candle known before may have grown, and others may follow it.
    for (const candle of series.candles.slice(Math.max(0, before.series.candles.length - 1))) {
      candles.update(Shape.bar(candle))
      volumes.update(Shape.volume(candle, palette))
    }
  }

  const recolour = () => {
    palette = readPalette()
    chart.applyOptions({
      layout: {
        background: { type: ColorType.Solid, color: palette.panel },
        textColor: palette.soft,
        fontSize: 11,
        fontFamily: getComputedStyle(element).fontFamily
      },
      grid: { vertLines: { visible: false }, horzLines: { color: palette.line } },
      crosshair: {
        vertLine: { color: palette.soft, labelBackgroundColor: palette.line },
        horzLine: { color: palette.soft, labelBackgroundColor: palette.line }
      }
    })
    candles.applyOptions({
      upColor: palette.up,
      downColor: palette.down,
      wickUpColor: palette.up,
      wickDownColor: palette.down
    })
    if (shown !== undefined) drawAll(shown.series)
    drawOrders()
    drawEntry()
  }

  chart.subscribeCrosshairMove(({ time }) => {
    const at = typeof time === "number" ? time * 1_000 : undefined
    wishes.point(at === undefined ? undefined : shown?.series.candles.find(({ openTime }) => openTime === at))
  })
  chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
    if (range !== null && shown !== undefined && range.from < ASK_BEFORE) wishes.older()
  })
  recolour()

  return {
    show,
    recolour,
    precision: (decimals, tickSize) =>
      candles.applyOptions({
        priceFormat: {
          type: "custom",
          minMove: Number(tickSize),
          formatter: (price: number) => Figure.grouped(price.toFixed(decimals))
        }
      }),
    orders: (next) => {
      orderList = next
      drawOrders()
    },
    entry: (next) => {
      if (next?.averageEntry === position?.averageEntry && next?.quantity === position?.quantity) return
      position = next
      drawEntry()
    },
    fills: (next, timeOf) => {
      fillList = next
      fillTime = timeOf
      drawMarkers()
    },
    close: () => chart.remove()
  }
}

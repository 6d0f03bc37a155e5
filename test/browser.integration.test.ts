// A person at a real browser: registers, buys, sees the fill, the position and the balance, and finds all of it again. The desk is the
// built one, playing a recording, and the recording itself says what the fill may have cost.
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import type { Browser, BrowserContextOptions } from "playwright-core"
import * as fs from "node:fs"
import * as zlib from "node:zlib"
import type { PriceView } from "../src/contract/Feed.ts"
import type { FillView } from "../src/contract/Views.ts"
import * as Money from "../src/domain/Money.ts"
import { describeBrowser, desktop, launch, phone, visit } from "./kit/Browser.ts"
import * as Client from "./kit/Client.ts"
import { figuresOf, handsOn, isLive, register, seen, tokenOf } from "./kit/Hands.ts"
import * as Desk from "./kit/Desk.ts"
import { btcusdt, describeRecordings } from "./kit/Recordings.ts"

const { decimal } = Money
const PATIENCE_MILLIS = 120_000

interface BestAsk {
  /** Event time of the newest message before it, epoch milliseconds: a bookTicker has none of its own. */
  readonly at: number
  readonly ask: Money.Decimal
}

/** The recording's own best asks, in its order. Read here anew, by none of the desk's code. */
const recordedAsks = (file: string): ReadonlyArray<BestAsk> => {
  const text = zlib.gunzipSync(fs.readFileSync(file), { finishFlush: zlib.constants.Z_SYNC_FLUSH }).toString("utf8")
  const best: Array<BestAsk> = []
  let at = 0
  for (const line of text.split("\n")) {
    const event = /"E":(\d{13})/.exec(line)?.[1]
    if (event !== undefined) at = Math.max(at, Number(event))
    const prices = /@bookTicker".*"a":"([\d.]+)"/.exec(line)
    if (prices !== null && at > 0) best.push({ at, ask: decimal(prices[1]!) })
  }
  return best
}

/** The depth stream tells ten times a second, so the desk's book may be that much older than the best prices. */
const SLACK_MILLIS = 300
/** A small order may walk past a thin best level: by one basis point at most. */
const WALK = decimal("1.0001")

const marketTime = async (url: string): Promise<number> =>
  (await Client.call<PriceView>(url, "GET", "/api/market/price?symbol=BTCUSDT")).body.at

const buysAndFindsItAgain = async (browser: Browser, url: string, options: BrowserContextOptions) => {
  const { page, errors, strangers } = await visit(browser, url, options)
  const hands = handsOn(page, options.isMobile === true)
  await register(page, `ann-${options.viewport?.width}@desk.example`)
  assert.match(page.url(), /\/trade\/BTCUSDT$|\/$/)
  await page.getByTestId("badge").filter({ hasText: "PAPER" }).waitFor()

  await hands.ticket()
  await page.getByRole("radio", { name: "Market" }).click()
  await page.getByLabel("Quantity in BTC").fill("0.01")
  const before = await marketTime(url)
  await page.getByRole("button", { name: "Buy 0.01 BTC · PAPER" }).click()
  const first = await seen(page, hands)
  const after = await marketTime(url)

  const token = await tokenOf(page)
  const { body } = await Client.call<{ trades: ReadonlyArray<FillView> }>(url, "GET", "/api/trading/trades", { token })
  const moment = recordedAsks(btcusdt).filter(({ at }) => at >= before - SLACK_MILLIS && at <= after + SLACK_MILLIS)
  assert.isAbove(moment.length, 0, "the recording tells best prices of that moment")
  const lowest = moment.map(({ ask }) => ask).reduce(Money.min)
  const highest = Money.multiply(moment.map(({ ask }) => ask).reduce(Money.max), WALK)
  for (const { price } of body.trades) {
    assert.isFalse(Money.lessThan(decimal(price), lowest), `${price} is below every ask, from ${Money.format(lowest)}`)
    assert.isFalse(
      Money.greaterThan(decimal(price), highest),
      `${price} is beyond the asks, to ${Money.format(highest)}`
    )
  }

  const cost = body.trades.reduce(
    (sum, { price, quantity }) => Money.add(sum, Money.multiply(decimal(price), decimal(quantity))),
    Money.zero
  )
  const average = Money.toFixed(Money.divide(cost, decimal("0.01")), 2)
  const expected = {
    average,
    size: "0.00999",
    usdt: Money.format(Money.subtract(decimal("100000"), cost)),
    btc: "1.00999"
  }
  assert.deepStrictEqual(figuresOf(first), expected)

  await page.reload()
  await isLive(page)
  assert.deepStrictEqual(figuresOf(await seen(page, hands)), expected)
  assert.deepStrictEqual([errors, strangers], [[], []])
  await page.context().close()
}

const restsChangesAndExplains = async (browser: Browser, url: string, options: BrowserContextOptions) => {
  const { page, errors } = await visit(browser, url, options)
  const hands = handsOn(page, options.isMobile === true)
  await register(page, `story-${options.viewport?.width}@desk.example`)
  await hands.ticket()
  await page.getByRole("radio", { name: "Limit", exact: true }).click()
  await page.getByLabel("Price in USDT").fill("40000")
  await page.getByLabel("Quantity in BTC").fill("0.02")
  await page.getByRole("button", { name: "Buy 0.02 BTC · PAPER" }).click()
  await hands.open()
  const row = page.getByTestId("open-order")
  await row.filter({ hasText: "NEW" }).waitFor()

  await row.getByRole("button", { name: /^Change/ }).click()
  await row.getByLabel(/^New quantity/).fill("0.005")
  await row.getByRole("button", { name: "Set" }).click()
  await row.filter({ hasText: "0.00500" }).waitFor()

  await row.getByRole("button", { name: /what happened/ }).click()
  const story = page.getByRole("dialog", { name: "What happened to this order" })
  await story.getByText("It is worth 0.005 in all now").waitFor()
  const told = await story.getByTestId("story-row").evaluateAll((rows) => rows.map((each) => each.dataset["what"]))
  for (const what of [
    "PlaceOrder",
    "OrderSubmitted",
    "OrderAccepted",
    "AmendOrder",
    "AmendSubmitted",
    "OrderAmended"
  ]) {
    assert.include(told, what)
  }
  await page.keyboard.press("Escape")
  await story.waitFor({ state: "hidden" })

  await row.getByRole("button", { name: /^Change/ }).click()
  await row.getByLabel(/^New price/).fill("4.1.0")
  await row.getByText("Price: a number is wanted").waitFor()
  await row.getByLabel(/^New price/).fill("41000")
  await row.getByText("A new order, which queues anew").waitFor()
  await row.getByRole("button", { name: "Set" }).click()
  await row.filter({ hasText: "41,000.00" }).filter({ hasText: "NEW" }).waitFor()
  assert.strictEqual(await row.count(), 1)
  await row.getByRole("button", { name: /what happened/ }).click()
  await story.getByText(/^In the place of order /).waitFor()
  await page.keyboard.press("Escape")
  await story.waitFor({ state: "hidden" })
  await row.getByRole("button", { name: /^Cancel/ }).click()
  await row.waitFor({ state: "detached" })
  assert.deepStrictEqual(errors, [])
  await page.context().close()
}

describeRecordings("the page", () => {
  describeBrowser("in a browser", () => {
    let desk: Desk.Desk
    let browser: Browser
    const data = Desk.temporaryDirectory()
    beforeAll(async () => {
      desk = await Desk.start({ MARKET: `replay:${btcusdt}`, DATA_DIR: data })
      browser = await launch()
    }, PATIENCE_MILLIS)
    afterAll(async () => {
      await browser?.close()
      await desk?.stop()
      fs.rmSync(data, { recursive: true, force: true })
    })

    describe.each([
      ["a desktop", desktop],
      ["a phone", phone]
    ] as const)("of %s", (_, options) => {
      it(
        "buys at the recorded market, shows fill, position and balance, and shows the same after a reload",
        () => buysAndFindsItAgain(browser, desk.url, options),
        PATIENCE_MILLIS
      )

      it(
        "makes a resting order smaller from its row, moves its price, and tells what happened to it",
        () => restsChangesAndExplains(browser, desk.url, options),
        PATIENCE_MILLIS
      )
    })

    it(
      "says why it cannot log in, and sends nobody away with an empty page",
      async () => {
        const { page } = await visit(browser, desk.url, desktop)
        await page.getByLabel("Email").fill("nobody@desk.example")
        await page.getByLabel("Password").fill("not the password")
        await page.getByRole("button", { name: "Log in" }).click()
        await page.getByRole("alert").waitFor()
        assert.isNotEmpty(await page.getByRole("alert").innerText())
        assert.match(page.url(), /\/login$/)
        await page.context().close()
      },
      PATIENCE_MILLIS
    )

    it(
      "keeps an order whose answer was lost, and sends it again with the same key",
      async () => {
        const { page } = await visit(browser, desk.url, desktop)
        await register(page, "cut@desk.example")
        const keys: Array<string | undefined> = []
        await page.route("**/api/trading/orders", async (route) => {
          if (route.request().method() !== "POST") return route.continue()
          keys.push(route.request().headers()["idempotency-key"])
          if (keys.length > 1) return route.continue()
          // The order reaches the desk; its answer does not reach the page.
          await route.fetch()
          return route.abort()
        })
        await page.getByRole("radio", { name: "Market" }).click()
        await page.getByLabel("Quantity in BTC").fill("0.02")
        await page.getByRole("button", { name: "Buy 0.02 BTC · PAPER" }).click()
        await page.getByRole("button", { name: "Send again" }).click()
        await page.getByRole("button", { name: "Buy 0.02 BTC · PAPER" }).waitFor()
        assert.strictEqual(keys.length, 2)
        assert.strictEqual(keys[0], keys[1])
        await page.getByRole("tab", { name: "History" }).click()
        await page.getByTestId("closed-order").filter({ hasText: "FILLED" }).waitFor()
        assert.strictEqual(await page.getByTestId("closed-order").count(), 1, "the desk took it once")
        await page.context().close()
      },
      PATIENCE_MILLIS
    )
  })
})

// The same person at the same page, on a desk that trades at Binance: the exchange is a process of its own, and what the page shows is held
// against that exchange's own books.
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import type { Browser, BrowserContextOptions } from "playwright-core"
import * as fs from "node:fs"
import * as Money from "../src/domain/Money.ts"
import { describeBrowser, desktop, launch, phone, visit } from "./kit/Browser.ts"
import * as Desk from "./kit/Desk.ts"
import { figuresOf, handsOn, isLive, register, seen } from "./kit/Hands.ts"
import { type ApiKey, type Paper, startPaper } from "./kit/PaperProcess.ts"
import { btcusdt, describeRecordings } from "./kit/Recordings.ts"
import { Ledger } from "./rounds/Ledger.ts"

const { decimal } = Money
const PATIENCE_MILLIS = 120_000

interface World {
  readonly paper: Paper
  readonly desk: Desk.Desk
  readonly browser: Browser
}

const keyOf = async ({ paper }: World, account: string): Promise<ApiKey> =>
  (await paper.admin("POST", "/keys", { account, balances: { USDT: "100000", BTC: "1" } })) as ApiKey

/** What the page has to show after buying 0.01 BTC, from the exchange's own trades and balances. */
const figuresAt = async (ledger: Ledger) => {
  await ledger.read()
  const trades = [...ledger.trades.values()]
  const sum = (figures: ReadonlyArray<Money.Decimal>) => figures.reduce(Money.add, Money.zero)
  const cost = sum(trades.map(({ price, qty }) => Money.multiply(decimal(price), decimal(qty))))
  const bought = sum(trades.map(({ qty }) => decimal(qty)))
  const fees = sum(trades.map(({ commission }) => decimal(commission)))
  const free = (asset: string) =>
    Money.format(decimal(ledger.balances.find((balance) => balance.asset === asset)?.free ?? "0"))
  return {
    average: Money.toFixed(Money.divide(cost, bought), 2),
    size: Money.format(Money.subtract(bought, fees)),
    usdt: free("USDT"),
    btc: free("BTC")
  }
}

const buysAndFindsItAgain = async (world: World, options: BrowserContextOptions) => {
  const name = `ann-${options.viewport?.width}`
  const key = await keyOf(world, name)
  const { page, errors, strangers } = await visit(world.browser, world.desk.url, options)
  const hands = handsOn(page, options.isMobile === true)
  await register(page, `${name}@desk.example`, key)
  await page.getByTestId("badge").filter({ hasText: "TESTNET" }).waitFor()

  await hands.ticket()
  await page.getByRole("radio", { name: "Market" }).click()
  await page.getByLabel("Quantity in BTC").fill("0.01")
  await page.getByRole("button", { name: "Buy 0.01 BTC · TESTNET" }).click()
  const first = figuresOf(await seen(page, hands))
  const expected = await figuresAt(new Ledger(world.paper.url, key, ["BTCUSDT"]))
  assert.strictEqual(expected.size, "0.00999")
  assert.deepStrictEqual(first, expected)

  await page.reload()
  await isLive(page)
  assert.deepStrictEqual(figuresOf(await seen(page, hands)), expected)
  assert.deepStrictEqual([errors, strangers], [[], []])
  await page.context().close()
}

const restsShrinksAndCancels = async (world: World, options: BrowserContextOptions) => {
  const name = `story-${options.viewport?.width}`
  const key = await keyOf(world, name)
  const { page, errors } = await visit(world.browser, world.desk.url, options)
  const hands = handsOn(page, options.isMobile === true)
  await register(page, `${name}@desk.example`, key)
  await hands.ticket()
  await page.getByRole("radio", { name: "Limit", exact: true }).click()
  await page.getByLabel("Price in USDT").fill("40000")
  await page.getByLabel("Quantity in BTC").fill("0.02")
  await page.getByRole("button", { name: "Buy 0.02 BTC · TESTNET" }).click()
  await hands.open()
  const row = page.getByTestId("open-order")
  await row.filter({ hasText: "NEW" }).waitFor()
  await row.getByRole("button", { name: /^Change/ }).click()
  await row.getByLabel(/^New quantity/).fill("0.005")
  await row.getByRole("button", { name: "Set" }).click()
  await row.filter({ hasText: "0.00500" }).waitFor()
  const ledger = new Ledger(world.paper.url, key, ["BTCUSDT"])
  await ledger.read()
  const orders = () => [...ledger.orders.values()].map(({ origQty, status }) => `${status} ${origQty}`)
  assert.deepStrictEqual(orders(), ["NEW 0.00500000"])

  await row.getByRole("button", { name: /^Cancel/ }).click()
  await row.waitFor({ state: "detached" })
  await ledger.read()
  assert.deepStrictEqual(orders(), ["CANCELED 0.00500000"])
  assert.deepStrictEqual(errors, [])
  await page.context().close()
}

/** Two accounts of one person: what is ordered in one is never on the screen, nor at the exchange, as the other's. */
const keepsTwoAccountsApart = async (world: World, options: BrowserContextOptions) => {
  const name = `two-${options.viewport?.width}`
  const [first, second] = [await keyOf(world, `${name}-a`), await keyOf(world, `${name}-b`)]
  const { page, errors } = await visit(world.browser, world.desk.url, options)
  const hands = handsOn(page, options.isMobile === true)
  await register(page, `${name}@desk.example`, first)
  await page.getByTestId("key-warnings").getByRole("button", { name: "Understood" }).click()
  const panel = await hands.accounts()
  await panel.getByRole("button", { name: "+ Open another account" }).click()
  await panel.getByLabel("Account name").fill("Second")
  await panel.getByLabel("Binance API key").fill(second.apiKey)
  await panel.getByLabel("Binance secret key").fill(second.secret)
  await panel.getByRole("button", { name: "Open account" }).click()
  const entry = panel.getByTestId("account-Second")
  await entry.filter({ hasText: "keys stored" }).waitFor()
  await entry.getByRole("button", { name: "Show" }).click()
  await panel.getByRole("button", { name: "Close" }).click()
  await isLive(page)

  await hands.ticket()
  await page.getByRole("radio", { name: "Limit", exact: true }).click()
  await page.getByLabel("Price in USDT").fill("40000")
  await page.getByLabel("Quantity in BTC").fill("0.02")
  await page.getByRole("button", { name: "Buy 0.02 BTC · TESTNET" }).click()
  await hands.open()
  const row = page.getByTestId("open-order")
  await row.filter({ hasText: "NEW" }).waitFor()
  await page.reload()
  await isLive(page)
  await hands.open()
  await row.filter({ hasText: "NEW" }).waitFor()

  const switcher = page.getByRole("combobox", { name: "Account" })
  const names = await switcher.locator("option").allInnerTexts()
  await switcher.selectOption(names.find((one) => one !== "Second")!)
  assert.strictEqual(await row.count(), 0)
  await isLive(page)
  assert.strictEqual(await row.count(), 0)
  const ordersOf = async (key: ApiKey) => {
    const ledger = new Ledger(world.paper.url, key, ["BTCUSDT"])
    await ledger.read()
    return ledger.orders.size
  }
  assert.deepStrictEqual([await ordersOf(first), await ordersOf(second)], [0, 1])

  await hands.accounts()
  await entry.getByRole("button", { name: "Remove keys" }).click()
  await entry.getByRole("button", { name: "Yes, remove them" }).click()
  await entry.filter({ hasText: "no keys" }).waitFor()
  assert.deepStrictEqual(errors, [])
  await page.context().close()
}

describeRecordings("the page of a desk that trades at Binance", () => {
  describeBrowser("in a browser", () => {
    let world: World
    const data = Desk.temporaryDirectory()
    beforeAll(async () => {
      const paper = await startPaper({ market: `replay:${btcusdt}` })
      const desk = await Desk.start({
        DATA_DIR: data,
        EXCHANGE: "binance",
        MARKET: "live",
        BINANCE_REST_URL: paper.url,
        BINANCE_WS_API_URL: paper.wsUrl,
        BINANCE_STREAM_URL: paper.wsUrl
      })
      world = { paper, desk, browser: await launch() }
    }, PATIENCE_MILLIS)
    afterAll(async () => {
      await world?.browser.close()
      await world?.desk.stop()
      await world?.paper.stop()
      fs.rmSync(data, { recursive: true, force: true })
    })

    describe.each([
      ["a desktop", desktop],
      ["a phone", phone]
    ] as const)("of %s", (_, options) => {
      it(
        "registers with a key, buys, and shows what the exchange's books say, also after a reload",
        () => buysAndFindsItAgain(world, options),
        PATIENCE_MILLIS
      )

      it(
        "makes a resting order smaller and cancels it, there and at the exchange",
        () => restsShrinksAndCancels(world, options),
        PATIENCE_MILLIS
      )

      it(
        "opens a second account with its keys, and shows and orders in the one that is picked alone, also after a reload",
        () => keepsTwoAccountsApart(world, options),
        PATIENCE_MILLIS
      )
    })
  })
})

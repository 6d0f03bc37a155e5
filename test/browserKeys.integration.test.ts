// Exchange keys as a person meets them on the page of a desk that trades at Binance: which are taken, what they let happen, and the switch
// for real money. The exchange is a process of its own.
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { generateKeyPairSync } from "node:crypto"
import * as fs from "node:fs"
import type { Browser, BrowserContextOptions, Page } from "playwright-core"
import { describeBrowser, desktop, launch, phone, visit } from "./kit/Browser.ts"
import * as Desk from "./kit/Desk.ts"
import { handsOn, isLive, register } from "./kit/Hands.ts"
import { type ApiKey, type Paper, startPaper } from "./kit/PaperProcess.ts"
import { btcusdt, describeRecordings } from "./kit/Recordings.ts"
import { Ledger } from "./rounds/Ledger.ts"

const PATIENCE_MILLIS = 120_000

interface World {
  readonly paper: Paper
  /** Trades what it takes for the testnet, and what it takes for real money. */
  readonly testnet: Desk.Desk
  readonly real: Desk.Desk
  readonly browser: Browser
}

const keyOf = async ({ paper }: World, account: string, more: object = {}): Promise<ApiKey> =>
  (await paper.admin("POST", "/keys", { account, ...more })) as ApiKey
const moneyed = { balances: { USDT: "100000", BTC: "1" } }

/** How many orders of the account the exchange has in its books. */
const ordersAt = async ({ paper }: World, key: ApiKey): Promise<number> => {
  const ledger = new Ledger(paper.url, key, ["BTCUSDT"])
  await ledger.read()
  return ledger.orders.size
}

const open = async ({ browser }: World, desk: Desk.Desk, options: BrowserContextOptions) => {
  const { errors, page } = await visit(browser, desk.url, options)
  const hands = handsOn(page, options.isMobile === true)
  // That the desk said no is in the browser's console too.
  const broken = () => errors.filter((error) => !error.includes("status of 400"))
  return { page, hands, broken }
}

const typeKey = async (page: Page, key: ApiKey) => {
  await page.getByLabel("Binance API key").fill(key.apiKey)
  await page.getByLabel("Binance secret key").fill(key.secret)
}

const buys = async (page: Page, hands: ReturnType<typeof handsOn>, where: "TESTNET" | "LIVE") => {
  await hands.ticket()
  await page.getByRole("radio", { name: "Market" }).click()
  await page.getByLabel("Quantity in BTC").fill("0.01")
  await page.getByRole("button", { name: `Buy 0.01 BTC · ${where}` }).click()
}

/** The order that was sent last, once it has ended like that. */
const ended = async (page: Page, hands: ReturnType<typeof handsOn>, text: string | RegExp) => {
  await hands.history()
  await page.getByTestId("closed-order").first().filter({ hasText: text }).waitFor()
}

const insistsOnAKey = async (world: World, options: BrowserContextOptions) => {
  const name = `insists-${options.viewport?.width}`
  const readOnly = await keyOf(world, `${name}-reads`, { ...moneyed, permissions: ["read"] })
  const rich = await keyOf(world, name, { ...moneyed, permissions: ["read", "trade", "withdraw"] })
  const { broken, page } = await open(world, world.testnet, options)
  await page.getByRole("radio", { name: "Create account" }).click()
  await page.getByLabel("Email").fill(`${name}@desk.example`)
  await page.getByLabel("Password").fill("a long enough password")
  const enter = page.getByRole("button", { name: "Create account" })
  const refusal = page.getByRole("alert")
  const insist = page.getByLabel("Take it although it can withdraw money")

  await typeKey(page, readOnly)
  await enter.click()
  await refusal.filter({ hasText: "This key may not trade" }).waitFor()
  assert.strictEqual(await insist.count(), 0, "there is nothing to insist on")
  await typeKey(page, rich)
  await enter.click()
  await refusal.filter({ hasText: "This key can withdraw money" }).waitFor()
  assert.strictEqual(await refusal.count(), 1, "it is said once")
  await insist.check()
  await enter.click()
  await isLive(page)
  await page.getByTestId("key-warnings").filter({ hasText: "can withdraw money" }).waitFor()
  assert.deepStrictEqual(broken(), [])
  await page.context().close()
}

const tradesWithAPrivateKey = async (world: World, options: BrowserContextOptions) => {
  const kind = options.isMobile === true ? "rsa" : "ed25519"
  const pair = kind === "rsa" ? generateKeyPairSync("rsa", { modulusLength: 2048 }) : generateKeyPairSync("ed25519")
  const publicKey = String(pair.publicKey.export({ type: "spki", format: "pem" }))
  const { apiKey } = await keyOf(world, kind, { ...moneyed, kind, publicKey })
  const secret = String(pair.privateKey.export({ type: "pkcs8", format: "pem" }))
  const { broken, hands, page } = await open(world, world.testnet, options)
  await register(page, `${kind}@desk.example`, { apiKey, secret })
  await buys(page, hands, "TESTNET")
  await ended(page, hands, "FILLED")
  assert.strictEqual(await ordersAt(world, await keyOf(world, kind)), 1)
  assert.deepStrictEqual(broken(), [])
  await page.context().close()
}

const losesItsKey = async (world: World, options: BrowserContextOptions) => {
  const name = `loses-${options.viewport?.width}`
  const key = await keyOf(world, name, moneyed)
  const { broken, hands, page } = await open(world, world.testnet, options)
  await register(page, `${name}@desk.example`, key)
  await page.getByTestId("key-warnings").getByRole("button", { name: "Understood" }).click()
  const panel = await hands.accounts()
  const entry = panel.getByTestId("account-Main")
  await entry.getByRole("button", { name: "Remove keys" }).click()
  await entry.getByRole("button", { name: "Yes, remove them" }).click()
  await entry.filter({ hasText: "no keys" }).waitFor()
  await panel.getByRole("button", { name: "Close" }).click()
  await page.getByTestId("blind").filter({ hasText: "No exchange key is stored" }).waitFor()
  await buys(page, hands, "TESTNET")
  await ended(page, hands, /DENIED.*No exchange key is stored.*Nothing was sent/s)

  await hands.accounts()
  await entry.getByRole("button", { name: "Enter keys" }).click()
  await typeKey(page, key)
  await entry.getByRole("button", { name: "Store the keys" }).click()
  await entry.filter({ hasText: "keys stored" }).waitFor()
  await panel.getByRole("button", { name: "Close" }).click()
  await page.getByTestId("blind").waitFor({ state: "detached" })
  await buys(page, hands, "TESTNET")
  await ended(page, hands, "FILLED")
  assert.strictEqual(await ordersAt(world, key), 1)
  assert.deepStrictEqual(broken(), [])
  await page.context().close()
}

const switchesRealMoney = async (world: World, options: BrowserContextOptions) => {
  const name = `real-${options.viewport?.width}`
  const key = await keyOf(world, name, moneyed)
  const { broken, hands, page } = await open(world, world.real, options)
  await register(page, `${name}@desk.example`, key)
  await page.getByTestId("key-warnings").getByRole("button", { name: "Understood" }).click()
  const badge = page.getByTestId("badge").getByText("LIVE", { exact: true })
  await badge.waitFor()
  const isInItsColour = (element: Element) => {
    const ground = getComputedStyle(element).backgroundColor
    const probe = document.body.appendChild(document.createElement("i"))
    probe.style.backgroundColor = "var(--real)"
    const real = getComputedStyle(probe).backgroundColor
    probe.remove()
    return ground === real && real !== "rgba(0, 0, 0, 0)"
  }
  assert.isTrue(await badge.evaluate(isInItsColour))

  await buys(page, hands, "LIVE")
  await ended(page, hands, /DENIED.*does not trade real money until its owner switches that on/s)
  assert.strictEqual(await ordersAt(world, key), 0)
  const panel = await hands.accounts()
  const entry = panel.getByTestId("account-Main")
  await entry.filter({ hasText: "real money off" }).waitFor()
  await entry.getByRole("button", { name: "Turn real money on" }).click()
  await entry.getByRole("alert").filter({ hasText: "This is real money" }).waitFor()
  await entry.getByRole("button", { name: "Yes, trade real money" }).click()
  await entry.filter({ hasText: "REAL MONEY ON" }).waitFor()
  await panel.getByRole("button", { name: "Close" }).click()
  // Every process hears of the switch within seconds: until then it denies.
  const filled = page.getByTestId("closed-order").first().filter({ hasText: "FILLED" })
  for (let sent = 2; (await filled.count()) === 0; sent++) {
    await buys(page, hands, "LIVE")
    await hands.history()
    await page
      .getByTestId("closed-order")
      .nth(sent - 1)
      .waitFor()
  }
  assert.strictEqual(await ordersAt(world, key), 1)
  assert.deepStrictEqual(broken(), [])
  await page.context().close()
}

describeRecordings("exchange keys on the page", () => {
  describeBrowser("in a browser", () => {
    let world: World
    const data = [Desk.temporaryDirectory(), Desk.temporaryDirectory()] as const
    beforeAll(async () => {
      const paper = await startPaper({ market: `replay:${btcusdt}` })
      const settings: Desk.Settings = {
        EXCHANGE: "binance",
        MARKET: "live",
        BINANCE_REST_URL: paper.url,
        BINANCE_WS_API_URL: paper.wsUrl,
        BINANCE_STREAM_URL: paper.wsUrl
      }
      const testnet = await Desk.start({ ...settings, DATA_DIR: data[0] })
      const money = { BINANCE_ENV: "live", BINANCE_LIVE: "real-money" }
      const real = await Desk.start({ ...settings, ...money, DATA_DIR: data[1] })
      world = { paper, testnet, real, browser: await launch() }
    }, PATIENCE_MILLIS)
    afterAll(async () => {
      await world?.browser.close()
      await world?.testnet.stop()
      await world?.real.stop()
      await world?.paper.stop()
      for (const directory of data) fs.rmSync(directory, { recursive: true, force: true })
    })

    describe.each([
      ["a desktop", desktop],
      ["a phone", phone]
    ] as const)("of %s", (_, options) => {
      for (const [sentence, walk] of [
        ["refuses one that may not trade, and one that can withdraw unless its owner insists", insistsOnAKey],
        ["takes a private key in PEM, and an order signed with it is filled", tradesWithAPrivateKey],
        ["denies every order of an account whose keys were removed, until it has some again", losesItsKey],
        ["is loud about real money, and sends none out before the owner has switched it on", switchesRealMoney]
      ] as const) {
        it(sentence, () => walk(world, options), PATIENCE_MILLIS)
      }
    })
  })
})

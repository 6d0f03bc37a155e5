// A person at a real browser sends orders that belong together: an exit and a bracket, on a desktop and on a phone.
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as fs from "node:fs"
import type { Browser, BrowserContextOptions, Page } from "playwright-core"
import { describeBrowser, desktop, launch, phone, visit } from "./kit/Browser.ts"
import * as Desk from "./kit/Desk.ts"
import { handsOn, register } from "./kit/Hands.ts"
import { btcusdt, describeRecordings } from "./kit/Recordings.ts"

const PATIENCE_MILLIS = 120_000

type Hands = ReturnType<typeof handsOn>

const choosePlan = async (page: Page, hands: Hands, side: "Buy" | "Sell", plan: string) => {
  await hands.ticket()
  await page.getByRole("radio", { name: side }).click()
  await page.getByRole("radio", { name: "Stop & more" }).click()
  await page.locator("select[name=type]").selectOption({ label: plan })
}

const fill = async (page: Page, fields: Readonly<Record<string, string>>) => {
  for (const [label, text] of Object.entries(fields)) await page.getByLabel(label).fill(text)
}

const rowOf = (page: Page, purpose: string) => page.getByTestId("open-order").filter({ hasText: `· ${purpose}` })

const exits = async (page: Page, hands: Hands) => {
  await choosePlan(page, hands, "Sell", "Exit: take profit or stop loss")
  const send = page.getByRole("button", { name: "Exit: sell 0.02 BTC · PAPER" })
  await fill(page, { "Take profit in USDT": "40000", "Stop loss in USDT": "90000", "Quantity in BTC": "0.02" })
  await page.getByRole("alert").filter({ hasText: "the wrong way round" }).waitFor()
  assert.isTrue(await send.isDisabled())
  await fill(page, { "Take profit in USDT": "90000", "Stop loss in USDT": "40000" })
  await page.getByText("1,800.00 USDT", { exact: true }).waitFor()
  await send.click()

  await hands.open()
  const [profit, stop] = [rowOf(page, "profit"), rowOf(page, "stop")]
  await profit.filter({ hasText: "NEW" }).waitFor()
  await stop.filter({ hasText: "NEW" }).filter({ hasText: "waits" }).waitFor()
  const names = (await page.getByTestId("list").allInnerTexts()).map((text) => text.trim().slice(0, 7))
  assert.strictEqual(new Set(names).size, 1, "both show the list that they are of")
  await hands.balances()
  const free = page.getByTestId("balance-BTC").getByTestId("free")
  await free.filter({ hasText: "0.98" }).waitFor()

  await hands.open()
  await stop.getByRole("button", { name: /and the orders with it$/ }).click()
  await profit.waitFor({ state: "detached" })
  await stop.waitFor({ state: "detached" })
}

const brackets = async (page: Page, hands: Hands) => {
  await choosePlan(page, hands, "Buy", "Bracket: entry, then its exit")
  await fill(page, {
    "Entry in USDT": "40000",
    "Take profit in USDT": "50000",
    "Stop loss in USDT": "39000",
    "Quantity in BTC": "0.02"
  })
  // What is left of the entry after its commission.
  await page.getByText("0.01998 BTC", { exact: true }).waitFor()
  await page.getByRole("button", { name: "Bracket: buy 0.02 BTC · PAPER" }).click()
  await hands.open()
  await rowOf(page, "entry").filter({ hasText: "NEW" }).waitFor()
  await rowOf(page, "profit").filter({ hasText: "WAITING" }).waitFor()
  await rowOf(page, "stop").filter({ hasText: "WAITING" }).waitFor()

  await rowOf(page, "stop")
    .getByRole("button", { name: /what happened/ })
    .click()
  const story = page.getByRole("dialog", { name: "What happened to this order" })
  await story.getByText("Asked to place an OTOCO of 3 orders").waitFor()
  await page.keyboard.press("Escape")
  await story.waitFor({ state: "hidden" })
  await rowOf(page, "entry")
    .getByRole("button", { name: /and the orders with it$/ })
    .click()
  await page.getByTestId("open-order").first().waitFor({ state: "detached" })
}

describeRecordings("orders that belong together", () => {
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
    ] as const)("of %s", (_, options: BrowserContextOptions) => {
      it(
        "are sent from the ticket, shown together, and cancelled together",
        async () => {
          const { page, errors } = await visit(browser, desk.url, options)
          const hands = handsOn(page, options.isMobile === true)
          await register(page, `lists-${options.viewport?.width}@desk.example`)
          await exits(page, hands)
          await brackets(page, hands)
          assert.deepStrictEqual(errors, [])
          await page.context().close()
        },
        PATIENCE_MILLIS
      )
    })
  })
})

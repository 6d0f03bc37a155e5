// What a person does on the page, on a desktop or a phone: finds the parts of the desk, registers, reads figures.
import type { Page } from "playwright-core"
import type { ApiKey } from "./PaperProcess.ts"

/** The parts of the desk, wherever this screen keeps them. */
export const handsOn = (page: Page, onPhone: boolean) => {
  const thumb = async (name: string) => {
    if (onPhone) await page.getByLabel("Parts of the desk").getByRole("button", { name, exact: true }).click()
  }
  const tab = (name: string) => page.getByRole("tab", { name: new RegExp(`^${name}`) }).click()
  return {
    ticket: () => thumb("Order"),
    positions: async () => {
      await thumb("Positions")
      await tab("Positions")
    },
    balances: async () => {
      await thumb("Positions")
      await tab("Balances")
    },
    open: async () => {
      await thumb("Orders")
      await tab("Open orders")
    },
    accounts: async () => {
      await thumb("Positions")
      await page.getByRole("button", { name: "Accounts", exact: true }).click()
      return page.getByRole("dialog", { name: "Accounts" })
    },
    history: async () => {
      await thumb("Orders")
      await tab("History")
    }
  }
}

export const isLive = (page: Page) => page.getByTestId("link").filter({ hasText: "live" }).waitFor()

/** With a key where the desk trades at Binance. */
export const register = async (page: Page, email: string, key?: ApiKey) => {
  await page.getByRole("radio", { name: "Create account" }).click()
  await page.getByLabel("Email").fill(email)
  await page.getByLabel("Password").fill("a long enough password")
  if (key !== undefined) {
    await page.getByLabel("Binance API key").fill(key.apiKey)
    await page.getByLabel("Binance secret key").fill(key.secret)
  }
  await page.getByRole("button", { name: "Create account" }).click()
  await isLive(page)
}

export const tokenOf = (page: Page): Promise<string> =>
  page.evaluate(() => (JSON.parse(localStorage.getItem("outcry.session") ?? "{}") as { token: string }).token)

/** What the person sees of the order, the position and the money, once the order shows as filled. */
export const seen = async (page: Page, hands: ReturnType<typeof handsOn>) => {
  await hands.history()
  const order = page.getByTestId("closed-order").filter({ hasText: "FILLED" })
  await order.waitFor()
  const average = await order.getByTestId("average").innerText()
  await hands.positions()
  const size = await page.getByTestId("position-BTCUSDT").getByTestId("position-size").innerText()
  await hands.balances()
  const free = (asset: string) => page.getByTestId(`balance-${asset}`).getByTestId("free").innerText()
  return { average, size, usdt: await free("USDT"), btc: await free("BTC") }
}

/** On a phone a cell carries its label above it. */
const figure = (text: string): string => text.split("\n").at(-1)!.replaceAll(",", "").trim()

/** The same as numbers, without what they are dressed in. */
export const figuresOf = ({ average, btc, size, usdt }: Awaited<ReturnType<typeof seen>>) => ({
  average: figure(average),
  size: figure(size),
  usdt: figure(usdt),
  btc: figure(btc)
})

// A real Chromium from the PATH, without a window, for tests of the page.
import * as fs from "node:fs"
import * as path from "node:path"
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core"
import { describe } from "vitest"

const names = ["chromium", "chromium-browser", "google-chrome"]

const executable = (process.env["PATH"] ?? "")
  .split(path.delimiter)
  .flatMap((folder) => names.map((name) => path.join(folder, name)))
  .find((file) => fs.existsSync(file))

const skipped = executable === undefined && process.env["CI"] === undefined
if (skipped) process.stderr.write(`No browser found (${names.join(", ")}): suites that need one are skipped.\n`)

/** A `describe` that is skipped where there is no browser; in CI it runs, and fails. */
export const describeBrowser = describe.skipIf(skipped)

/** Quiet: it asks no other host for anything. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync"
]

export const launch = (): Promise<Browser> => {
  if (executable === undefined) throw new Error(`No browser found on the PATH: one of ${names.join(", ")} is wanted.`)
  return chromium.launch({ executablePath: executable, args: FLAGS })
}

export const desktop: BrowserContextOptions = { viewport: { width: 1600, height: 980 } }
export const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }

export interface Visit {
  readonly page: Page
  /** What the console called an error, and what no one caught. */
  readonly errors: ReadonlyArray<string>
  /** Requests that left the desk's own host. */
  readonly strangers: ReadonlyArray<string>
}

/** A page of its own, as of a person who was never here. */
export const visit = async (browser: Browser, url: string, options: BrowserContextOptions): Promise<Visit> => {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const errors: Array<string> = []
  const strangers: Array<string> = []
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text())
  })
  page.on("pageerror", (error) => errors.push(String(error)))
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url())
    if (protocol !== "data:" && origin !== url) strangers.push(request.url())
  })
  await page.goto(url)
  return { page, errors, strangers }
}

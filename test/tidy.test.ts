// The conventions, as a test: rooms and who may import whom, no hidden clocks, no floats near money, sizes, migrations.
import { assert, describe, it } from "@effect/vitest"
import * as fs from "node:fs"
import * as path from "node:path"
import { DenialReason } from "../src/domain/Denial.ts"
import { migrations } from "../migrations/index.ts"

const root = path.resolve(import.meta.dirname, "..")

const filesUnder = (folder: string): ReadonlyArray<string> =>
  fs
    .readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => path.posix.join(folder, name.replaceAll("\\", "/")))
    .filter((name) => name.endsWith(".ts") || name.endsWith(".tsx"))

const read = (file: string) => fs.readFileSync(path.join(root, file), "utf8")
const src = filesUnder("src")
const web = filesUnder("web")
const tests = filesUnder("test")

/** Relative imports of a file, as paths from the root. */
const importsOf = (file: string): ReadonlyArray<string> =>
  [...read(file).matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map(([, target = ""]) =>
    path.posix.join(path.posix.dirname(file), target)
  )

const roomOf = (file: string): string => {
  const [top = "", second = ""] = file.split("/")
  if (top !== "src") return top
  return second.endsWith(".ts") ? second.slice(0, -3) : second
}

const rooms: Record<string, ReadonlyArray<string>> = {
  domain: ["domain"],
  contract: ["domain", "contract"],
  ports: ["domain", "ports"],
  adapters: ["domain", "contract", "ports", "Config", "migrations"],
  layers: ["domain", "contract", "ports", "Config"],
  client: ["domain", "contract", "client"],
  Config: ["domain"],
  web: ["domain", "contract", "web"],
  migrations: ["migrations"]
}

const PURE = new Set(
  ["BigDecimal", "HashMap", "Option", "Result", "Schema", "SchemaTransformation", "Brand", "Order", "Equal"].map(
    (name) => `effect/${name}`
  )
)

const banned =
  /\bDate\.now\b|\bnew Date\(|\bMath\.random\b|\bcrypto\.randomUUID\b|\bsetTimeout\b|\bprocess\.env\b|\bconsole\.|\bEffect\.run[A-Z]\w*|\bforkDetach\b|\bQueue\.unbounded\b|\bPubSub\.unbounded\b/

const linesOf = (files: ReadonlyArray<string>, wrong: (line: string, file: string) => boolean) =>
  files.flatMap((file) =>
    read(file)
      .split("\n")
      .flatMap((line, index) =>
        wrong(line, file) && !line.includes("tidy-ok:") ? [`${file}:${index + 1} ${line.trim()}`] : []
      )
  )

describe("tidy", () => {
  it("every room imports only the rooms it may", () => {
    const wrong = [...src, ...web, ...filesUnder("migrations")].flatMap((file) => {
      const room = roomOf(file)
      const allowed = rooms[room]
      if (allowed === undefined) return [] // main, books and cli compose everything
      return importsOf(file).flatMap((target) => {
        const to = roomOf(target)
        const folder = (name: string) => name.split("/").slice(0, 3).join("/")
        const ownFolder = (room === "adapters" || room === "layers") && folder(file) === folder(target)
        const sharedLayer = room === "layers" && /^src\/layers\/(Mailbox|Supervisor)\.ts$/.test(target)
        return allowed.includes(to) || ownFolder || sharedLayer ? [] : [`${file} imports ${target}`]
      })
    })
    assert.deepStrictEqual(wrong, [])
  })

  it("the domain is pure: no services, no clock, no randomness", () => {
    const wrong = src
      .filter((file) => roomOf(file) === "domain")
      .flatMap((file) =>
        [...read(file).matchAll(/from "([^."][^"]*)"/g)].flatMap(([, name = ""]) =>
          PURE.has(name) ? [] : [`${file} imports ${name}`]
        )
      )
    assert.deepStrictEqual(wrong, [])
  })

  it("clocks, randomness, the environment and unbounded queues stay out of src", () => {
    const exempt = (file: string) =>
      ["main", "cli"].includes(roomOf(file)) || file === "src/Config.ts" || file.endsWith("Worker.ts")
    assert.deepStrictEqual(
      linesOf(src, (line, file) => !exempt(file) && !/^\s*(\*|\/\/|\/\*)/.test(line) && banned.test(line)),
      []
    )
  })

  it("tests wait for milestones, not for the wall clock, and none is left alone", () => {
    const wrong = linesOf(
      tests.filter((file) => file !== "test/tidy.test.ts"),
      (line, file) =>
        /\bsetTimeout\(|\b(?:it|describe|test)\.only\(/.test(line) ||
        (/\bit\.live\b/.test(line) && file.endsWith(".test.ts") && !file.endsWith(".integration.test.ts"))
    )
    assert.deepStrictEqual(wrong, [])
  })

  it("money never becomes a float", () => {
    const drawing = (file: string) => file === "web/ui/Number.tsx" || file.startsWith("web/chart/")
    const wrong = linesOf([...src, ...web.filter((file) => !drawing(file))], (line) =>
      /\bparseFloat\b|\bNumber\([^)]*(?:price|quantity|amount)\w*\)/i.test(line)
    )
    assert.deepStrictEqual(wrong, [])
  })

  it("files stay small enough to be one concept", () => {
    const long = [...src, ...web].filter((file) => read(file).split("\n").length > 401)
    assert.deepStrictEqual(long, [])
  })

  it("migrations are numbered without gaps and registered", () => {
    const names = filesUnder("migrations")
      .map((file) => path.basename(file, ".ts"))
      .filter((name) => name !== "index")
      .toSorted()
    assert.deepStrictEqual(Object.keys(migrations).toSorted(), names)
    names.forEach((name, index) => assert.match(name, new RegExp(`^${String(index + 1).padStart(4, "0")}_[a-z_]+$`)))
  })

  it("every denial is named by a test", () => {
    const text = tests.map(read).join("\n")
    const unnamed = Object.keys(DenialReason.cases).filter((tag) => !text.includes(`"${tag}"`))
    assert.deepStrictEqual(unnamed, [])
  })

  it("the project speaks of itself alone", () => {
    // Written in parts, so that this file does not speak of them itself.
    const words = [
      ["\\/wo", "rk\\/"],
      ["\\bsub", "agent"],
      ["\\bregistry\\.np", "m"],
      ["\\bissue ", "#?\\d"]
    ]
    const telling = new RegExp(words.map((parts) => parts.join("")).join("|"), "i")
    const files = [...src, ...web, ...tests, ...filesUnder("migrations"), "README.md", "package.json", "Dockerfile"]
    assert.deepStrictEqual(
      linesOf(
        files.filter((file) => fs.existsSync(path.join(root, file))),
        (line) => telling.test(line)
      ),
      []
    )
  })
})

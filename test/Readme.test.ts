import { assert, describe, it } from "@effect/vitest"
import * as fs from "node:fs"
import * as path from "node:path"
import { settings } from "../src/Config.ts"

const root = path.resolve(import.meta.dirname, "..")
/** The table's columns are padded for the eye: one space is as good as many. */
const lines = fs
  .readFileSync(path.join(root, "README.md"), "utf8")
  .split("\n")
  .map((line) => line.replaceAll(/ +/g, " ").trim())

describe("README", () => {
  it("lists every setting with its default and its sentence, and no other", () => {
    const expected = Object.entries(settings).map(
      ([name, [fallback, sentence]]) => `| \`${name}\` | ${fallback === "" ? "–" : `\`${fallback}\``} | ${sentence} |`
    )
    assert.deepStrictEqual(
      lines.filter((line) => /^\| `[A-Z_]+` \|/.test(line)),
      expected
    )
  })

  it("names only files that exist", () => {
    const named = lines.flatMap((line) =>
      [...line.matchAll(/(?:src|web|test|migrations|docs)\/[\w./-]*\w/g)].map(([file]) => file)
    )
    assert.isAbove(named.length, 30)
    assert.deepStrictEqual(
      named.filter((file) => !fs.existsSync(path.join(root, file))),
      []
    )
  })
})

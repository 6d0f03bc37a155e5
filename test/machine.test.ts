// What a checkup makes of the machine.
import { assert, describe, it } from "@effect/vitest"
import { disk, node, openFileLimit, openFiles, space } from "../src/machine.ts"
import * as fs from "node:fs"
import * as path from "node:path"
import { temporaryDirectory } from "./kit/Desk.ts"

const healths = <A>(finding: (given: A) => { readonly health: string }, given: ReadonlyArray<A>) =>
  given.map((one) => finding(one).health)

describe("a checkup of the machine", () => {
  it("takes the Node.js that the desk runs on, and no older one", () => {
    assert.deepStrictEqual(healths(node, ["v18.20.0", "v20.18.3", "v20.19.0", "v22.0.0", process.version]), [
      "fail",
      "fail",
      "ok",
      "ok",
      "ok"
    ])
  })

  it("knows how many files may be open, and how many a desk wants", () => {
    assert.deepStrictEqual(healths(openFiles, ["unlimited", "4096", "1024", "128", undefined]), [
      "ok",
      "ok",
      "warn",
      "fail",
      "ok"
    ])
    assert.match(openFileLimit() ?? "", /^(\d+|unlimited)$/)
  })

  it("says how much room there is, wherever the data directory is going to be", () => {
    const free = (bytes: number) => space("/data", bytes).health
    assert.deepStrictEqual([50e9, 1e9, 0.1e9].map(free), ["ok", "warn", "fail"])
    const folder = temporaryDirectory()
    const finding = (dataDir: string) => disk({ dataDir } as Parameters<typeof disk>[0])
    assert.match(finding(path.join(folder, "not", "yet")).says, /^\d+\.\d GB are free for .*yet\.$/)
    // A file where the directory should be.
    fs.writeFileSync(path.join(folder, "file"), "")
    assert.match(finding(path.join(folder, "file")).says, /cannot be written/)
    fs.rmSync(folder, { recursive: true })
  })
})

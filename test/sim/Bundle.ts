// The simulator as one file, which node runs faster than its sources; broken on purpose where a mutation is named.
import { build, type Plugin } from "esbuild"
import * as fs from "node:fs/promises"
import * as os from "node:os"
import * as path from "node:path"
import type { Mutation } from "./Mutations.ts"

const root = path.resolve(import.meta.dirname, "../..")

const breaking = ({ file, find, name, replace }: Mutation): Plugin => ({
  name: "mutation",
  setup: ({ onEnd, onLoad }) => {
    let broken = false
    onLoad({ filter: /\.ts$/ }, async ({ path: loaded }) => {
      if (path.relative(root, loaded) !== file) return undefined
      const source = await fs.readFile(loaded, "utf8")
      if (source.split(find).length !== 2) throw new Error(`${name}: its place does not stand in ${file} once`)
      broken = true
      return { contents: source.replace(find, () => replace), loader: "ts" }
    })
    onEnd(() => {
      if (!broken) throw new Error(`${name}: ${file} is not part of the simulator`)
    })
  }
})

/** Answers by the file, in a folder of its own that `remove` takes away. */
export const bundle = async (
  mutation: Mutation | undefined
): Promise<{ readonly file: string; readonly remove: () => Promise<void> }> => {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "outcry-sim-"))
  const file = path.join(folder, "worker.mjs")
  await build({
    entryPoints: [path.join(import.meta.dirname, "Worker.ts")],
    outfile: file,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    sourcemap: "inline",
    sourcesContent: false,
    logLevel: "error",
    plugins: mutation === undefined ? [] : [breaking(mutation)]
  })
  return { file, remove: () => fs.rm(folder, { recursive: true, force: true }) }
}

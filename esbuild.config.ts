// Builds the server (dist/*.js) and the page (dist/web). Run by `npm run build`.
import { build, type BuildOptions, type BuildResult, type Plugin } from "esbuild"
import { existsSync } from "node:fs"
import { mkdir, readFile, rm, writeFile } from "node:fs/promises"
import { basename } from "node:path"
import { gzipSync } from "node:zlib"

const entries = {
  cli: "src/cli.ts",
  "pglite-worker": "src/adapters/postgres/PgliteWorker.ts",
  // Measured in the chunks that ship: tsx makes slower code of the same source.
  ...(process.argv.includes("--bench")
    ? { "bench-engine": "bench/engineBundled.ts", "bench-market": "bench/marketBundled.ts" }
    : {})
}

/** https://github.com/evanw/esbuild/issues/1685: an empty map of its own keeps a file out of the bundle's. */
const EMPTY_MAP = Buffer.from('{"version":3,"sources":[""],"mappings":"A"}').toString("base64")

/** Node holds the maps of all it has loaded in memory: of the dependencies they cost 30 MB, and say little. */
const mapOursOnly: Plugin = {
  name: "map-ours-only",
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]node_modules[\\/].*\.m?js$/ }, async ({ path }) => ({
      contents: `${await readFile(path, "utf8")}\n//# sourceMappingURL=data:application/json;base64,${EMPTY_MAP}`,
      loader: "js"
    }))
}

const server: BuildOptions = {
  entryPoints: Object.fromEntries(Object.entries(entries).filter(([, path]) => existsSync(path))),
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  sourcemap: true,
  sourcesContent: false,
  chunkNames: "chunks/[name]-[hash]",
  // Native code and WebAssembly are loaded from node_modules, where their files lie beside them.
  external: ["uWebSockets.js", "@node-rs/argon2", "@electric-sql/pglite"],
  // CommonJS dependencies call `require` for Node's own modules, which an ES module does not have.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"\nconst require = __createRequire(import.meta.url)'
  },
  plugins: [mapOursOnly],
  logLevel: "warning",
  metafile: true
}

const page: BuildOptions = {
  entryPoints: { desk: "web/main.tsx" },
  outdir: "dist/web/assets",
  entryNames: "[name]-[hash]",
  bundle: true,
  minify: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  sourcemap: "linked",
  sourcesContent: false,
  logLevel: "warning",
  metafile: true
}

/** Old chunks carry other hashes: without this they would pile up beside the new ones. */
const clean = () =>
  Promise.all(["dist/web", "dist/chunks"].map((folder) => rm(folder, { recursive: true, force: true })))

/** The page with its hashed names. No inline script: the content security policy allows none. */
const writePage = async ({ metafile }: BuildResult): Promise<number> => {
  const outputs = Object.keys(metafile!.outputs).filter((path) => !path.endsWith(".map"))
  const named = (extension: string) => {
    const found = outputs.find((path) => path.endsWith(extension))
    if (found === undefined) throw new Error(`the page has no ${extension} file`)
    return `/assets/${basename(found)}`
  }
  const template = await readFile("web/index.html", "utf8")
  await mkdir("dist/web", { recursive: true })
  await writeFile(
    "dist/web/index.html",
    template.replace("%SCRIPT%", named(".js")).replace("%STYLE%", named(".css")),
    "utf8"
  )
  const sizes = await Promise.all(outputs.map(async (path) => gzipSync(await readFile(path)).length))
  return sizes.reduce((sum, size) => sum + size, 0)
}

const started = performance.now()
try {
  await clean()
  const [pageResult, serverResult] = await Promise.allSettled([build(page).then(writePage), build(server)])
  if (pageResult.status === "rejected") throw pageResult.reason
  if (serverResult.status === "rejected") throw serverResult.reason
  const zipped = pageResult.value
  const millis = Math.round(performance.now() - started)
  process.stdout.write(`built dist in ${millis} ms (page ${(zipped / 1024).toFixed(0)} kB gzipped)\n`)
} catch (error) {
  // esbuild has printed its own findings already; anything else is named here.
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`build failed: ${message.split("\n")[0]}\n`)
  process.exitCode = 1
}

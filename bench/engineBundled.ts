// The engine's bench as esbuild bundles it beside the product. Run by `npm run bench -- engine`.
import { main } from "./engine.ts"

console.log(JSON.stringify({ bench: "engine", figures: await main() }))

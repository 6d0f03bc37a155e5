// The entry of the bundle that `npm run bench -- market` runs.
import { main } from "./market.ts"

console.log(JSON.stringify({ bench: "market", figures: await main() }))

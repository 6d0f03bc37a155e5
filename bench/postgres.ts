// A PostgreSQL server for one run, as a desk would have it: it answers only what is on its disk.
import { isInstalled, type Running, start } from "../test/kit/PostgresServer.ts"

/** Undefined, with a line that says so, where PostgreSQL's binaries are missing. */
export const throwaway = async (): Promise<Pick<Running, "url" | "stop"> | undefined> => {
  if (!isInstalled) {
    console.log("PostgreSQL not measured: initdb and postgres are neither on the PATH nor in /usr/lib/postgresql.")
    return undefined
  }
  const server = await start({ fsync: true })
  console.log(`PostgreSQL with fsync on, its data in ${server.folder}`)
  return { url: `${server.url}/postgres`, stop: server.stop }
}

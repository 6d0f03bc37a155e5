// A connection to another host through a proxy: by CONNECT of HTTP, or by SOCKS5 (RFC 1928, 1929). Ours, because the libraries for it
// hand a proxy's refusal on as if it were the answer of the host behind it: an order that never left would seem in doubt.
import { once } from "node:events"
import * as http from "node:http"
import * as https from "node:https"
import * as net from "node:net"

/** The proxy did not connect us, so nothing was sent to anyone behind it. The message is a sentence without a secret. */
export class ProxyFailed extends Error {
  override readonly name = "ProxyFailed"
  readonly code = "EPROXY"
}

const failed = (what: string) => new ProxyFailed(`The proxy of BINANCE_PROXY ${what}.`)
const credentialsRefused = (how: string) => failed(`refuses its user or password (${how})`)

/** Fails with `ProxyFailed`. `signal` ends the attempt. The name of the host is looked up by the proxy. */
export const tunnel = async (proxy: URL, host: string, port: number, signal: AbortSignal): Promise<net.Socket> => {
  try {
    return await (proxy.protocol.startsWith("socks") ? bySocks : byConnect)(proxy, bare(host), port, signal)
  } catch (error) {
    if (error instanceof ProxyFailed) throw error
    if (signal.aborted) throw failed("did not connect us in time")
    const code = error instanceof Error && "code" in error ? String(error.code) : "it hung up"
    throw failed(`cannot be used (${code})`)
  }
}

/** IPv6 stands in brackets in an address. */
const bare = (host: string): string => host.replace(/^\[(.*)\]$/, "$1")

const portOf = (proxy: URL, usual: number): number => (proxy.port === "" ? usual : Number(proxy.port))

const credentials = ({ password, username }: URL) => ({
  user: decodeURIComponent(username),
  password: decodeURIComponent(password)
})

const byConnect = async (proxy: URL, host: string, port: number, signal: AbortSignal): Promise<net.Socket> => {
  const target = `${net.isIPv6(host) ? `[${host}]` : host}:${port}`
  const { password, user } = credentials(proxy)
  const authorization = `Basic ${Buffer.from(`${user}:${password}`, "utf8").toString("base64")}`
  const secure = proxy.protocol === "https:"
  const request = (secure ? https : http).request({
    method: "CONNECT",
    hostname: bare(proxy.hostname),
    port: portOf(proxy, secure ? 443 : 80),
    path: target,
    headers: { host: target, ...(proxy.username === "" ? {} : { "proxy-authorization": authorization }) },
    agent: false,
    signal
  })
  request.end()
  const [response, socket, head] = (await once(request, "connect")) as [http.IncomingMessage, net.Socket, Buffer]
  const status = response.statusCode ?? 0
  if (status >= 200 && status < 300) {
    if (head.length > 0) socket.unshift(head)
    return socket
  }
  socket.destroy()
  throw status === 407 ? credentialsRefused("407") : failed(`does not connect to ${host} (${status})`)
}

const VERSION = 5
const NO_AUTHENTICATION = 0
const USER_AND_PASSWORD = 2
const CONNECT = 1
const IPV4 = 1
const NAME = 3
const IPV6 = 4
/** Of its replies; any other is told by its number. */
const REPLIES: Readonly<Record<number, string>> = {
  2: "its rules forbid it",
  3: "its network cannot be reached",
  4: "its host cannot be reached",
  5: "its host refuses"
}

const bySocks = async (proxy: URL, host: string, port: number, signal: AbortSignal): Promise<net.Socket> => {
  const socket = net.connect({ host: bare(proxy.hostname), port: portOf(proxy, 1080) })
  const over = new AbortController()
  const end = () => over.abort()
  socket.once("close", end)
  // Given to the socket itself, the signal would end it long after the attempt is over.
  const giveUp = () => void socket.destroy()
  signal.addEventListener("abort", giveUp)
  // What is wrong with it also closes it, and whoever waits for it hears.
  const ignore = () => undefined
  socket.on("error", ignore)
  const take = async (count: number): Promise<Buffer> => {
    for (;;) {
      const taken: Buffer | null = socket.read(count)
      if (taken !== null && taken.length === count) return taken
      await once(socket, "readable", { signal: over.signal })
    }
  }
  try {
    await once(socket, "connect", { signal: over.signal })
    await agree(proxy, socket, take)
    const request = Buffer.concat([Buffer.from([VERSION, CONNECT, 0]), addressOf(host), Buffer.alloc(2)])
    request.writeUInt16BE(port, request.length - 2)
    socket.write(request)
    const [version, reply = 0, , kind] = await take(4)
    if (version !== VERSION) throw failed("does not speak SOCKS5")
    if (reply !== 0) throw failed(`does not connect to ${host} (${REPLIES[reply] ?? `reply ${reply}`})`)
    // The address it connects from, which nobody needs.
    await take((kind === IPV4 ? 4 : kind === IPV6 ? 16 : ((await take(1))[0] ?? 0)) + 2)
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    signal.removeEventListener("abort", giveUp)
  }
  socket.off("close", end)
  socket.off("error", ignore)
  return socket
}

const agree = async (proxy: URL, socket: net.Socket, take: (count: number) => Promise<Buffer>): Promise<void> => {
  const hasCredentials = proxy.username !== ""
  const methods = hasCredentials ? [NO_AUTHENTICATION, USER_AND_PASSWORD] : [NO_AUTHENTICATION]
  socket.write(Buffer.from([VERSION, methods.length, ...methods]))
  const [version, method] = await take(2)
  if (version !== VERSION) throw failed("does not speak SOCKS5")
  if (method === NO_AUTHENTICATION) return
  if (method !== USER_AND_PASSWORD || !hasCredentials) throw credentialsRefused("it wants another way to log in")
  const { password, user } = credentials(proxy)
  socket.write(Buffer.concat([Buffer.from([1]), counted(user), counted(password)]))
  const [, status] = await take(2)
  if (status !== 0) throw credentialsRefused("SOCKS5")
}

/** At most 255 bytes, which Config has seen to. */
const counted = (text: string): Buffer => {
  const bytes = Buffer.from(text, "utf8")
  return Buffer.concat([Buffer.from([bytes.length]), bytes])
}

/** An IPv6 address goes as a name. */
const addressOf = (host: string): Buffer => {
  if (net.isIPv4(host)) return Buffer.from([IPV4, ...host.split(".").map(Number)])
  return Buffer.concat([Buffer.from([NAME]), counted(host)])
}

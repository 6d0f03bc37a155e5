// Addresses as a person writes them into a setting.

const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"])

/** Without a slash at its end; `undefined` for what is no address, or would send keys in the clear to another machine. */
export const baseOf = (text: string, scheme: "http" | "ws"): string | undefined => {
  if (!URL.canParse(text)) return undefined
  const { hash, hostname, password, protocol, search, username } = new URL(text)
  if (username !== "" || password !== "" || search !== "" || hash !== "") return undefined
  const fits = protocol === `${scheme}s:` || (protocol === `${scheme}:` && LOOPBACK.has(hostname))
  return fits ? text.replace(/\/+$/, "") : undefined
}

/** `http`, `https` or SOCKS5, with or without a user and a password. */
export const isProxy = (text: string): boolean => {
  if (!URL.canParse(text)) return false
  const { hash, hostname, password, pathname, protocol, search, username } = new URL(text)
  if (!["http:", "https:", "socks5:", "socks5h:"].includes(protocol) || hostname === "") return false
  if (!["", "/"].includes(pathname) || search !== "" || hash !== "") return false
  try {
    // More than 255 bytes cannot be said in SOCKS5.
    return [username, password].every((part) => Buffer.byteLength(decodeURIComponent(part)) < 256)
  } catch {
    return false
  }
}

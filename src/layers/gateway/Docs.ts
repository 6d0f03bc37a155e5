// The API's description as one plain page: what an OpenAPI viewer shows, without its megabyte of inline script.
import type { OpenApi } from "effect/http-api"

type Spec = ReturnType<typeof OpenApi.fromApi>
type Json = { readonly [key: string]: unknown }

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")

const record = (value: unknown): Json => (typeof value === "object" && value !== null ? (value as Json) : {})
const list = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

/** How deep a schema is written out. Ours are shallower. */
const MAX_DEPTH = 8

/** A schema in the words of a type: `{ symbol: string, price?: string | number }`. */
const shape = (schema: unknown, spec: Spec, depth = 0): string => {
  const node = record(schema)
  if (depth > MAX_DEPTH) return "…"
  const again = (inner: unknown) => shape(inner, spec, depth + 1)
  const reference = node["$ref"]
  if (typeof reference === "string") {
    return again(record(record(record(spec)["components"])["schemas"])[reference.split("/").at(-1) ?? ""])
  }
  const options = [...list(node["anyOf"]), ...list(node["oneOf"])]
  if (options.length > 0) return [...new Set(options.map(again))].join(" | ")
  const constants = list(node["enum"])
  if (constants.length > 0) return constants.map((value) => JSON.stringify(value)).join(" | ")
  if (node["type"] === "array") {
    const items = list(node["prefixItems"])
    return items.length > 0 ? `[${items.map(again).join(", ")}]` : `${again(node["items"])}[]`
  }
  if (node["type"] !== "object") return typeof node["type"] === "string" ? node["type"] : "any"
  const required = new Set(list(node["required"]))
  const fields = Object.entries(record(node["properties"])).map(
    ([name, inner]) => `${name}${required.has(name) ? "" : "?"}: ${again(inner)}`
  )
  if (fields.length === 0) return "{ [name]: string }"
  const indent = "  ".repeat(depth + 1)
  return `{\n${indent}${fields.join(`\n${indent}`)}\n${"  ".repeat(depth)}}`
}

const bodyOf = (content: unknown, spec: Spec): string => {
  const [body] = Object.values(record(content))
  return body === undefined ? "" : `<pre>${escape(shape(record(body)["schema"], spec))}</pre>`
}

const operation = (path: string, method: string, value: unknown, spec: Spec): string => {
  const { parameters, requestBody, responses, security } = record(value)
  const inputs = list(parameters)
    .map(record)
    .filter(({ in: where, name }) => where !== "header" || String(name).toLowerCase() !== "authorization")
    .map(
      ({ in: where, name, required, schema }) =>
        `<li><code>${escape(String(name))}</code> (${escape(String(where))}${required === true ? "" : ", optional"}): ` +
        `<code>${escape(shape(schema, spec))}</code></li>`
    )
  const answers = Object.entries(record(responses))
  const good = answers.filter(([status]) => status.startsWith("2"))
  const bad = answers.filter(([status]) => !status.startsWith("2")).map(([status]) => status)
  return [
    `<section><h3><b>${method.toUpperCase()}</b> ${escape(path)}</h3>`,
    list(security).length > 0 ? "<p>Needs <code>Authorization: Bearer &lt;token&gt;</code>.</p>" : "",
    inputs.length > 0 ? `<ul>${inputs.join("")}</ul>` : "",
    requestBody === undefined ? "" : `<p>Body</p>${bodyOf(record(requestBody)["content"], spec)}`,
    ...good.map(([status, answer]) => `<p>Answer ${status}</p>${bodyOf(record(answer)["content"], spec)}`),
    bad.length > 0 ? `<p>Failures: ${bad.join(", ")}.</p>` : "",
    "</section>"
  ].join("")
}

const STYLE =
  "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}" +
  "h3{font:600 1rem ui-monospace,monospace;border-top:1px solid #ddd;padding-top:1rem}pre{background:#f5f5f5;padding:.75rem;overflow:auto}" +
  "@media(prefers-color-scheme:dark){body{color:#ddd;background:#111}pre{background:#1c1c1c}h3{border-color:#333}}"

/** A whole HTML document. */
export const docsPage = (spec: Spec): string => {
  const operations = Object.entries(record(spec.paths)).flatMap(([path, methods]) =>
    Object.entries(record(methods)).map(([method, value]) => operation(path, method, value, spec))
  )
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    `<title>${escape(spec.info.title)} API</title><style>${STYLE}</style></head><body>`,
    `<h1>${escape(spec.info.title)} API</h1><p>${escape(spec.info.description ?? "")}</p>`,
    '<p>Every failure is <code>{"error":{"code","message","fields"?}}</code>. The same as OpenAPI: ',
    '<a href="/openapi.json">/openapi.json</a>. The feed is a WebSocket at <code>/ws</code>.</p>',
    ...operations,
    "</body></html>"
  ].join("")
}

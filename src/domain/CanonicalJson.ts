// One text for one JSON value, whatever the order of its keys: the JSON Canonicalization Scheme, RFC 8785.

/** Keys in the order of their UTF-16 units, no blanks, numbers and strings as ECMAScript writes them. `undefined` fields are left out. */
export const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null"
  return `{${fieldsOf(value)
    .map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`)
    .join(",")}}`
}

/** The same value with its keys in canonical order, so that `JSON.stringify` writes the canonical text. Keys must not be integers. */
export const withSortedKeys = <A>(value: A): A => {
  if (Array.isArray(value)) return value.map(withSortedKeys) as A
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(fieldsOf(value).map(([name, field]) => [name, withSortedKeys(field)])) as A
}

const fieldsOf = (value: object): ReadonlyArray<readonly [string, unknown]> =>
  Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))

// A map with room for so many keys: the one not used for the longest makes way.

export class LeastRecent<Key, Value> {
  private readonly entries = new Map<Key, Value>()
  readonly capacity: number

  constructor(capacity: number) {
    this.capacity = capacity
  }

  get size(): number {
    return this.entries.size
  }

  /** Also marks the key as used. */
  get(key: Key): Value | undefined {
    const value = this.entries.get(key)
    if (value === undefined) return undefined
    this.entries.delete(key)
    this.entries.set(key, value)
    return value
  }

  /** Does not mark the key as used. */
  has(key: Key): boolean {
    return this.entries.has(key)
  }

  values(): IterableIterator<Value> {
    return this.entries.values()
  }

  set(key: Key, value: Value): void {
    this.entries.delete(key)
    this.entries.set(key, value)
    if (this.entries.size <= this.capacity) return
    const [oldest] = this.entries.keys()
    this.entries.delete(oldest as Key)
  }

  delete(key: Key): void {
    this.entries.delete(key)
  }
}

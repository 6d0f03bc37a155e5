// One message of one stream: encoded once in each form that a subscriber has, and shared by all who have that form.
import type { Unit } from "./Payloads.ts"

/**
 * A text frame as it goes over the wire (RFC 6455, 5.2): final, unmasked because a server sends it, uncompressed. The same bytes serve
 * every connection.
 */
export const frameOf = (text: string): Buffer => {
  const length = Buffer.byteLength(text)
  const header = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(header + length)
  frame[0] = 0x81
  if (header === 2) frame[1] = length
  else if (header === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  frame.write(text, header)
  return frame
}

/** How a connection wants its messages: `{"stream":…,"data":…}` around them or not, times in which unit. */
export interface Form {
  readonly combined: boolean
  readonly unit: Unit
}

export class Message {
  private readonly stream: string
  private readonly encode: (unit: Unit) => string
  private readonly texts: { millis?: string; micros?: string } = {}
  private readonly frames = new Map<string, Buffer>()

  constructor(stream: string, encode: (unit: Unit) => string) {
    this.stream = stream
    this.encode = encode
  }

  frame({ combined, unit }: Form): Buffer {
    const key = combined ? `${unit} combined` : unit
    let frame = this.frames.get(key)
    if (frame === undefined) {
      const text = (this.texts[unit] ??= this.encode(unit))
      frame = frameOf(combined ? `{"stream":${JSON.stringify(this.stream)},"data":${text}}` : text)
      this.frames.set(key, frame)
    }
    return frame
  }
}

/** What a Redis server says, and what is said to it: a command is an array of texts. Maps come as arrays, value after key. */
export type RespValue = string | number | null | RespError | readonly RespValue[]

/** An error reply, such as `MOVED 3999 127.0.0.1:6381`. */
export class RespError extends Error {
  override readonly name: string = 'RespError'
}

export interface RespMessage {
  /** Exactly as it came. */
  readonly bytes: Buffer
  readonly value: RespValue
  /** Sent by the server unasked (RESP 3): it answers no command. */
  readonly isPush: boolean
}

interface Parsed {
  readonly value: RespValue
  readonly end: number
}

/** Cuts a stream of bytes into the messages of the Redis protocol, versions 2 and 3. One for each direction of a connection. */
export class RespReader {
  #pending: Buffer = Buffer.alloc(0)

  /** Takes the next bytes; gives the messages that are complete now. */
  push(bytes: Uint8Array): RespMessage[] {
    this.#pending = Buffer.concat([this.#pending, bytes])
    const messages: RespMessage[] = []
    let start = 0
    for (let parsed = parse(this.#pending, start); parsed !== undefined; parsed = parse(this.#pending, start)) {
      messages.push({
        bytes: this.#pending.subarray(start, parsed.end),
        value: parsed.value,
        isPush: String.fromCodePoint(this.#pending[start] ?? 0) === '>',
      })
      start = parsed.end
    }
    this.#pending = this.#pending.subarray(start)
    return messages
  }
}

/** One value from `start` on; `undefined` when it is not complete. */
function parse(bytes: Buffer, start: number): Parsed | undefined {
  const lineEnd = bytes.indexOf('\r\n', start)
  if (lineEnd === -1) return undefined
  const text = bytes.toString('utf8', start + 1, lineEnd)
  const end = lineEnd + 2
  switch (String.fromCodePoint(bytes[start] ?? 0)) {
    case '$':
    case '=':
      return parseBulk(bytes, Number(text), end)
    case '!': {
      const bulk = parseBulk(bytes, Number(text), end)
      return bulk && { value: new RespError(String(bulk.value)), end: bulk.end }
    }
    case '*':
    case '~':
    case '>':
      return parseArray(bytes, Number(text), end)
    case '%':
      return parseArray(bytes, 2 * Number(text), end)
    case '|': {
      const attributes = parseArray(bytes, 2 * Number(text), end)
      return attributes && parse(bytes, attributes.end)
    }
    case ':':
      return { value: Number(text), end }
    case '-':
      return { value: new RespError(text), end }
    case '_':
      return { value: null, end }
    case '+':
    case ',':
    case '#':
    case '(':
      return { value: text, end }
    default:
      // A command as people type it: words on a line.
      return { value: bytes.toString('utf8', start, lineEnd).split(' '), end }
  }
}

function parseBulk(bytes: Buffer, length: number, start: number): Parsed | undefined {
  if (length < 0) return { value: null, end: start }
  const end = start + length
  return bytes.length < end + 2 ? undefined : { value: bytes.toString('utf8', start, end), end: end + 2 }
}

function parseArray(bytes: Buffer, length: number, start: number): Parsed | undefined {
  if (length < 0) return { value: null, end: start }
  const values: RespValue[] = []
  let end = start
  while (values.length < length) {
    const item = parse(bytes, end)
    if (item === undefined) return undefined
    values.push(item.value)
    end = item.end
  }
  return { value: values, end }
}

/** The bytes of a command. */
export function respCommand(words: readonly (string | number)[]): Buffer {
  const parts = words.map(String).map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`)
  return Buffer.from(`*${words.length}\r\n${parts.join('')}`)
}

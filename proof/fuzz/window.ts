import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'

const HEAD_BYTES = 8
const MOST_BYTES = 65_536

/** Shows in a file what this process is trying just now: whoever looks on sees it also when the process hangs or is no more. */
export class Window {
  readonly #fd: number
  readonly #bytes = Buffer.alloc(HEAD_BYTES + MOST_BYTES)
  #count = 0

  constructor(path: string) {
    this.#fd = openSync(path, 'w')
  }

  show(input: Uint8Array): void {
    this.#count += 1
    this.#bytes.writeUInt32LE(this.#count, 0)
    this.#bytes.writeUInt32LE(input.length, 4)
    this.#bytes.set(input, HEAD_BYTES)
    writeSync(this.#fd, this.#bytes, 0, HEAD_BYTES + input.length, 0)
  }

  close(): void {
    closeSync(this.#fd)
  }
}

/** What a process shows: how many inputs it has tried, and the last one. */
export function seenIn(path: string): { readonly count: number; readonly input: Buffer } {
  const bytes = readFileSync(path)
  if (bytes.length < HEAD_BYTES) return { count: 0, input: Buffer.alloc(0) }
  return { count: bytes.readUInt32LE(0), input: bytes.subarray(HEAD_BYTES, HEAD_BYTES + bytes.readUInt32LE(4)) }
}

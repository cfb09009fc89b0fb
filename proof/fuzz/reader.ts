/** Reads an input from the left: a byte says what comes, what it needs follows. Behind the end all is zero. */
export class Reader {
  readonly #input: Buffer
  #at = 0

  constructor(input: Buffer) {
    this.#input = input
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#input.length
  }

  byte(): number {
    return this.#input[this.#at++] ?? 0
  }

  /** Two bytes, the lower one first. */
  short(): number {
    return this.byte() + 256 * this.byte()
  }

  /** So many bytes, or what is left. */
  bytes(count: number): Buffer {
    const part = this.#input.subarray(this.#at, this.#at + count)
    this.#at += count
    return part
  }

  rest(): Buffer {
    return this.bytes(this.#input.length)
  }
}

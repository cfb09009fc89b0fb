import { IV_CHARACTERS, partsOf } from './support.ts'

const IV_BYTES = 12
const FIRST_ROOM = 1024

/** The IVs of one derived key, side by side. */
interface Page {
  bytes: Buffer
  count: number
}

/** Keeps the IV of each sealed text by its derived key, in few bytes: there are millions. */
export class IvBooks {
  readonly #pages = new Map<string, Page>()

  add(text: string): void {
    const { head, box } = partsOf(text)
    const page = this.#pages.get(head) ?? this.#newPage(head)
    const at = page.count * IV_BYTES
    if (at === page.bytes.length) page.bytes = Buffer.concat([page.bytes], 2 * page.bytes.length)
    page.bytes.write(box.slice(0, IV_CHARACTERS), at, 'base64url')
    page.count += 1
  }

  get size(): number {
    let size = 0
    for (const { count } of this.#pages.values()) size += count
    return size
  }

  get heads(): string[] {
    return [...this.#pages.keys()]
  }

  /** How many IVs their derived key had seen before. */
  repeated(): number {
    let repeated = 0
    for (const page of this.#pages.values()) repeated += repeatedIn(page)
    return repeated
  }

  #newPage(head: string): Page {
    const page = { bytes: Buffer.alloc(FIRST_ROOM * IV_BYTES), count: 0 }
    this.#pages.set(head, page)
    return page
  }
}

/** Sorts the first eight bytes of each; those few that share them, if any, are compared whole. */
function repeatedIn({ bytes, count }: Page): number {
  const starts = new BigUint64Array(count)
  for (let at = 0; at < count; at++) starts[at] = bytes.readBigUInt64BE(at * IV_BYTES)
  const sorted = starts.toSorted()
  const shared = new Set<bigint>()
  for (let at = 1; at < count; at++) {
    const start = sorted[at]
    if (start !== undefined && start === sorted[at - 1]) shared.add(start)
  }
  if (shared.size === 0) return 0
  const seen = new Set<string>()
  let repeated = 0
  for (const [at, start] of starts.entries()) {
    if (!shared.has(start)) continue
    const whole = bytes.toString('latin1', at * IV_BYTES, (at + 1) * IV_BYTES)
    if (seen.has(whole)) repeated += 1
    seen.add(whole)
  }
  return repeated
}

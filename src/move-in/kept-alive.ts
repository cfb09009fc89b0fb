import type { StoreKey } from '../session/id.ts'

const EVERY_MS = 60_000
const MOST = 100_000

/** When this process has last told the old store that a session is used. How long ago it was used here says nothing of that. */
export class KeptAlive {
  readonly #at = new Map<StoreKey, number>()

  /** Whether it is time to tell it again; also where nothing is known. */
  isDue(way: StoreKey): boolean {
    return Math.abs(Date.now() - (this.#at.get(way) ?? -Infinity)) >= EVERY_MS
  }

  /** It was told just now. The longest untold are forgotten first. */
  note(way: StoreKey): void {
    this.#at.delete(way)
    this.#at.set(way, Date.now())
    if (this.#at.size <= MOST) return
    for (const oldest of this.#at.keys()) {
      this.#at.delete(oldest)
      break
    }
  }

  /** It moves in: from here on it counts. */
  begin(way: StoreKey): void {
    if (!this.#at.has(way)) this.note(way)
  }
}

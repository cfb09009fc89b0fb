import { count } from './words.ts'

const WIDTH = 24
const EVERY_MS = 100
/** Hex digits of a key that say how far a walk in the order of keys has come. */
const DIGITS = 8

/** One work goes on at a time. */
let isOnScreen = false

/** Takes what is shown away, whose line whatever is said next would else go on. */
export function takeProgressAway(): void {
  if (isOnScreen) process.stderr.write('\r\u001B[K')
  isOnScreen = false
}

/** Shows how far long work is: a bar where that is known, else a count. On a terminal only. */
export class Progress {
  readonly #what: string
  readonly #isShown = process.stderr.isTTY
  #shownAt = -Infinity

  /** @param what Stands before it, such as `Looking`. */
  constructor(what: string) {
    this.#what = what
  }

  /** @param cursor Where the walk is: keys are random, so that of one in their order tells how much is behind it. */
  show(done: number, cursor: string | undefined): void {
    const now = performance.now()
    if (!this.#isShown || now - this.#shownAt < EVERY_MS) return
    this.#shownAt = now
    isOnScreen = true
    process.stderr.write(`\r\u001B[K${this.#what} ${barOf(cursor)}${count(done)}`)
  }

  /** Takes it away. */
  end(): void {
    takeProgressAway()
  }
}

function barOf(cursor: string | undefined): string {
  if (cursor === undefined || !/^[0-9a-f]{2,}$/.test(cursor)) return ''
  const share = Number.parseInt(cursor.slice(0, DIGITS).padEnd(DIGITS, '0'), 16) / 16 ** DIGITS
  const full = Math.round(share * WIDTH)
  return `[${'#'.repeat(full)}${'.'.repeat(WIDTH - full)}] ${Math.floor(share * 100)} %  `
}

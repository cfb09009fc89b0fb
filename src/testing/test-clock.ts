/** A clock that moves only when told to: for drivers and managers that take a `clock`. */
export interface TestClock {
  /** Unix milliseconds. */
  readonly now: () => number
  /** Moves the clock by so many milliseconds. Less than zero is a clock that was set back. */
  readonly advance: (ms: number) => void
}

/**
 * Makes a clock for tests, so that a session can expire without anybody waiting.
 *
 * @param startsAt Unix milliseconds. Default: 14 November 2023, a time that no test means by accident.
 */
export function testClock(startsAt = 1_700_000_000_000): TestClock {
  let now = startsAt
  return {
    now: () => now,
    advance: (ms) => {
      now += ms
    },
  }
}

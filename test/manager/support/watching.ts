import { vi } from 'vitest'
import type { SessionEnd } from '../../../src/session/session-lifecycle.ts'
import { turns } from './idle.ts'
import { openShop } from './shop.ts'
import type { Options, Shop } from './shop.ts'

/** What is known of somebody's watching so far. */
export interface Watching {
  /** `undefined` while it goes on. */
  readonly reason: SessionEnd['reason'] | undefined
}

export interface WatchedShop extends Shop {
  /** Lets time pass, second by second, for the store and for this process alike. */
  readonly pass: (seconds: number) => Promise<void>
  /** How often the store was read since the last `forget` of the driver. */
  readonly reads: () => number
}

/** To be called before each test, with `vi.useRealTimers` after it. */
export function fakeTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] })
}

/** A shop whose time passes in one for all. It needs `fakeTime`. */
export function openWatchedShop(options: Options = {}): WatchedShop {
  const shop = openShop({ collectEverySeconds: 0, ...options })
  return {
    ...shop,
    reads: () => shop.driver.methods.filter((method) => method === 'read').length,
    pass: async (seconds) => {
      for (let left = seconds; left > 0; left -= 1) {
        shop.clock.advance(1000 * Math.min(left, 1))
        await vi.advanceTimersByTimeAsync(1000 * Math.min(left, 1))
      }
      await turns(3)
    },
  }
}

/** Notes how a watching ends. */
export function noted(watching: Promise<SessionEnd>): Watching {
  const note: { reason: SessionEnd['reason'] | undefined } = { reason: undefined }
  void watching.then(({ reason }) => {
    note.reason = reason
  })
  return note
}

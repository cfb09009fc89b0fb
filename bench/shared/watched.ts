import type { Acquired, CommitResult, Lease, LockingDriver, RecordWrite } from '../../src/contracts/driver.ts'

/** Who is told what a driver has answered. */
export interface Watch {
  readonly acquired?: (key: string, answer: Acquired) => void
  readonly committed?: (lease: Lease, record: RecordWrite | undefined, answer: CommitResult) => void
}

/** The same driver, watched. */
export function watched(driver: LockingDriver, { acquired, committed }: Watch): LockingDriver {
  return {
    name: driver.name,
    expiresByItself: driver.expiresByItself,
    ...(driver.boundsAnswers === undefined ? {} : { boundsAnswers: driver.boundsAnswers }),
    open: () => driver.open(),
    close: () => driver.close(),
    read: (key) => driver.read(key),
    insert: (key, record) => driver.insert(key, record),
    update: (key, record, version) => driver.update(key, record, version),
    touch: (key, durations, version) => driver.touch(key, durations, version),
    destroy: (key) => driver.destroy(key),
    gc: (options) => driver.gc(options),
    acquire: async (key, options) => {
      const answer = await driver.acquire(key, options)
      acquired?.(key, answer)
      return answer
    },
    commit: async (lease, record, options) => {
      const answer = await driver.commit(lease, record, options)
      committed?.(lease, record, answer)
      return answer
    },
    replace: (lease, newKey, record, marker, options) => driver.replace(lease, newKey, record, marker, options),
    renew: (lease, leaseMs) => driver.renew(lease, leaseMs),
    unlock: (lease) => driver.unlock(lease),
  }
}

import type { LockingDriver, RecordWrite } from '../contracts/driver.ts'
import type { StoreKey } from '../session/id.ts'

const lifetimes = new WeakMap<LockingDriver, number>()
const unasked = new WeakSet<LockingDriver>()

/**
 * The idle time that a `DriverFactory` made a driver with, in seconds: `new SessionManager({ driver, lifetime: { idleSeconds: lifetimeOf(driver) ?? 7200 } })`. `undefined` where it
 * was made without. `createSessionManager` asks by itself.
 */
export function lifetimeOf(driver: LockingDriver): number | undefined {
  unasked.delete(driver)
  return lifetimes.get(driver)
}

/** Notes the idle time that a driver was made with. A manager that never asked for it, and has another, is warned of once. */
export function noteLifetime(driver: LockingDriver, idleSeconds: number): void {
  lifetimes.set(driver, idleSeconds)
  unasked.add(driver)
  const insert = driver.insert.bind(driver)
  Object.assign(driver, {
    insert: (key: StoreKey, record: RecordWrite) => {
      if (unasked.delete(driver) && record.durations.idleMs !== 1000 * idleSeconds) warn(idleSeconds, record.durations.idleMs / 1000)
      return insert(key, record)
    },
  })
}

function warn(made: number, kept: number): void {
  const message =
    `A driver was made with a lifetime of ${made} seconds, and the manager keeps sessions for ${kept}. ` +
    `The manager decides: give it lifetime: { idleSeconds: ${made} }, or make it with createSessionManager({ driver }).`
  process.emitWarning(message, { type: 'HoldfastWarning', code: 'HOLDFAST_DRIVER_LIFETIME' })
}

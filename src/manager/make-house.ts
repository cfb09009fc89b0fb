import { cookiePolicy } from '../http/cookie.ts'
import { NativeSerializer } from '../serializers/native.ts'
import { TOKEN_KEY } from '../session/csrf-token.ts'
import type { SessionBag } from '../session/session-bag.ts'
import { isLocking } from './abilities.ts'
import { AnswerBound, boundedDriver, boundedLockingDriver } from './bounded-driver.ts'
import { makeDataCheck } from './data-schema.ts'
import { hashId, idAsKey } from './digest.ts'
import { EventHub } from './event-hub.ts'
import type { House } from './house.ts'
import { LockQueue } from './lock-queue.ts'
import { MergeQueue } from './merge-queue.ts'
import type { SessionManagerOptions } from './options.ts'
import { Registry } from './registry.ts'
import { Renewal } from './renewal.ts'
import { concurrencyOption, settingsFrom } from './settings.ts'
import { Watches } from './watch.ts'

const NO_BAGS: readonly SessionBag[] = []

/**
 * Makes of a manager's options what its sessions share.
 * @throws {SessionError} `ERR_SESSION_CONFIG`, naming the option, for an option that is unknown or cannot work.
 */
export function makeHouse<Data>(options: SessionManagerOptions<Data>, manager: object, ready: House['ready']): House {
  const settings = settingsFrom(options)
  const { name = 'ml_session', bags } = options
  // Whoever would wait longer for the lock waits as long for an answer.
  const bound = new AnswerBound(1000 * Math.max(settings.waitSeconds, 1))
  const locking = isLocking(options.driver) ? boundedLockingDriver(options.driver, bound) : undefined
  const driver = locking ?? boundedDriver(options.driver, bound)
  const events = new EventHub(name, !settings.hashIds)
  const registry = new Registry()
  const keyOf = settings.hashIds ? hashId : idAsKey
  const newBags = (): readonly SessionBag[] => bags?.() ?? NO_BAGS
  const reserved = new Set([TOKEN_KEY, '_meta', ...newBags().map((bag) => bag.storageKey)])
  return {
    manager,
    name,
    driver,
    locking,
    settings,
    events,
    newBags,
    renewal: new Renewal(locking, settings.leaseMs, settings.maxHoldMs, ({ key }, cause) =>
      events.emit('trouble', { operation: 'renew', key, cause }),
    ),
    serializer: options.serializer ?? new NativeSerializer(),
    cookie: cookiePolicy(name, options.cookie),
    queue: new LockQueue(settings.maxWaiters),
    merges: new MergeQueue(settings.maxWaiters),
    registry,
    watches: new Watches({ driver, events, registry, keyOf }),
    checkData: makeDataCheck({ schema: options.schema, upgradeData: options.upgradeData, reserved }),
    clock: options.clock ?? Date.now,
    keyOf,
    modeOf: (wanted = settings.concurrency) =>
      wanted === settings.concurrency ? wanted : concurrencyOption(wanted, settings.concurrency, driver, settings.assumeSingleProcess),
    ready,
  }
}

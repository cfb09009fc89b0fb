import type { Durations, LockingDriver, SessionDriver } from '../contracts/driver.ts'
import { SessionError } from '../session/errors.ts'
import { booleanOption, choiceOption, integerOption, knownFields, numberOption } from '../session/option-check.ts'
import type { Concurrency } from '../session/session-state.ts'
import { checkParts } from './parts-check.ts'
import type { LifetimeOptions, LockOptions, SessionManagerOptions } from './options.ts'

/** The options of a manager, checked, with defaults in place and times in milliseconds. */
export interface Settings {
  readonly durations: Durations
  readonly touchEveryMs: number
  readonly graceMs: number
  readonly waitSeconds: number
  readonly leaseMs: number
  readonly maxHoldMs: number
  readonly maxWaiters: number
  readonly concurrency: Concurrency
  readonly assumeSingleProcess: boolean
  readonly onStoreError: 'closed' | 'anonymous'
  readonly onUnreadable: 'new' | 'throw'
  readonly onGone: 'anonymous' | 'throw'
  readonly hashIds: boolean
  readonly collectEveryMs: number
}

const FIELDS =
  'driver serializer name lifetime lock cookie schema upgradeData hashIds onStoreError onUnreadable onGone bags collectEverySeconds clock concurrency assumeSingleProcess'.split(
    ' ',
  )
// 2^31 - 1 milliseconds.
const LONGEST_TIMER_SECONDS = 2_147_483
const LIFETIME_FIELDS = ['idleSeconds', 'absoluteSeconds', 'touchEverySeconds', 'graceSeconds']
const LOCK_FIELDS = ['waitSeconds', 'leaseSeconds', 'maxHoldSeconds', 'maxWaiters']

/** @throws {SessionError} `ERR_SESSION_CONFIG`, naming the option, for anything that cannot work. */
export function settingsFrom<Data>(options: SessionManagerOptions<Data>): Settings {
  knownFields('', options, FIELDS)
  checkDriver(options.driver)
  checkParts(options)
  const assumeSingleProcess = booleanOption('assumeSingleProcess', options.assumeSingleProcess, false)
  const concurrency = concurrencyOption(options.concurrency, 'exclusive', options.driver, assumeSingleProcess)
  return {
    ...lifetimeFrom(options.lifetime),
    ...lockFrom(options.lock),
    concurrency,
    assumeSingleProcess,
    onStoreError: choiceOption('onStoreError', options.onStoreError, 'closed', ['closed', 'anonymous']),
    onUnreadable: choiceOption('onUnreadable', options.onUnreadable, 'new', ['new', 'throw']),
    onGone: choiceOption('onGone', options.onGone, 'anonymous', ['anonymous', 'throw']),
    hashIds: booleanOption('hashIds', options.hashIds, true),
    collectEveryMs: 1000 * timerOption('collectEverySeconds', options.collectEverySeconds, 300, 'at least'),
  }
}

/**
 * How sessions, or one session, are to meet others.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for a word that is not known, and for `exclusive` where there are no locks.
 */
export function concurrencyOption(value: unknown, fallback: Concurrency, driver: SessionDriver, assumeSingleProcess: boolean): Concurrency {
  const concurrency = choiceOption('concurrency', value, fallback, ['exclusive', 'readonly'])
  if (concurrency === 'exclusive' && !assumeSingleProcess && !isLocking(driver)) {
    throw SessionError.config(
      'driver',
      `'${driver.name}' has no locks, so two requests could overwrite each other. Choose another driver, or set assumeSingleProcess: true where one process is all there is.`,
    )
  }
  return concurrency
}

/** Seconds that a timer counts. Past 24 days a timer would go off at once. */
export function timerOption(option: string, value: unknown, fallback: number, limit: 'at least' | 'above'): number {
  const seconds = numberOption(option, value, fallback, limit, 0)
  if (seconds > LONGEST_TIMER_SECONDS) throw SessionError.config(option, `must be at most ${LONGEST_TIMER_SECONDS}, not ${seconds}.`)
  return seconds
}

/** Whether a driver keeps leases. */
export function isLocking(driver: SessionDriver): driver is LockingDriver {
  return 'acquire' in driver && typeof driver.acquire === 'function'
}

function lifetimeFrom(options: LifetimeOptions = {}): Pick<Settings, 'durations' | 'touchEveryMs' | 'graceMs'> {
  knownFields('lifetime', options, LIFETIME_FIELDS)
  const idle = numberOption('lifetime.idleSeconds', options.idleSeconds, 7200, 'above', 0)
  const absolute = numberOption('lifetime.absoluteSeconds', options.absoluteSeconds, 2_592_000, 'at least', 0)
  const touch = numberOption('lifetime.touchEverySeconds', options.touchEverySeconds, Math.min(60, idle / 10), 'at least', 0)
  if (touch > idle / 10) {
    throw SessionError.config(
      'lifetime.touchEverySeconds',
      `${touch} is more than a tenth of idleSeconds (${idle}): sessions in use would end early.`,
    )
  }
  return {
    durations: { idleMs: idle * 1000, absoluteMs: absolute === 0 ? undefined : absolute * 1000 },
    touchEveryMs: touch * 1000,
    graceMs: 1000 * numberOption('lifetime.graceSeconds', options.graceSeconds, 30, 'at least', 0),
  }
}

function lockFrom(options: LockOptions = {}): Pick<Settings, 'waitSeconds' | 'leaseMs' | 'maxHoldMs' | 'maxWaiters'> {
  knownFields('lock', options, LOCK_FIELDS)
  return {
    waitSeconds: timerOption('lock.waitSeconds', options.waitSeconds, 30, 'at least'),
    leaseMs: 1000 * numberOption('lock.leaseSeconds', options.leaseSeconds, 10, 'above', 0),
    maxHoldMs: 1000 * numberOption('lock.maxHoldSeconds', options.maxHoldSeconds, 60, 'above', 0),
    maxWaiters: integerOption('lock.maxWaiters', options.maxWaiters, 64, 0, Number.MAX_SAFE_INTEGER),
  }
}

function checkDriver(driver: SessionDriver): void {
  const methods = ['open', 'close', 'read', 'insert', 'update', 'touch', 'destroy', 'gc'] as const
  const missing = typeof driver !== 'object' || driver === null ? methods : methods.filter((method) => typeof driver[method] !== 'function')
  if (missing.length > 0) {
    throw SessionError.config(
      'driver',
      `it lacks ${missing.join(', ')}. Hand in a driver such as new FileDriver({ path: 'var/sessions' }).`,
    )
  }
}

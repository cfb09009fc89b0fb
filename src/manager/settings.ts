import type { Durations, SessionDriver } from '../contracts/driver.ts'
import { SessionError } from '../session/errors.ts'
import { booleanOption, choiceOption, integerOption, knownFields, numberOption, timerOption } from '../session/option-check.ts'
import type { Concurrency } from '../session/session-state.ts'
import { isListing, isLocking } from './abilities.ts'
import { checkParts } from './parts-check.ts'
import type { BindingOptions, LifetimeOptions, LockOptions, SessionManagerOptions, Settled, UserLimitOptions } from './options.ts'

/** The options of a manager, checked, with defaults in place and times in milliseconds. */
export interface Settings {
  readonly durations: Durations
  /** What a session may ask for at most. */
  readonly longest: Durations
  readonly touchEveryMs: number
  readonly graceMs: number
  /** `Infinity` for never. */
  readonly rotateEveryMs: number
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
  readonly onReuse: 'report' | 'revoke'
  readonly binding: Settled<BindingOptions> | undefined
  readonly maxPerUser: Settled<UserLimitOptions> | undefined
}

const FIELDS =
  'driver serializer name lifetime lock cookie schema upgradeData hashIds onStoreError onUnreadable onGone bags collectEverySeconds clock concurrency assumeSingleProcess maxPerUser onReuse binding moveIn'.split(
    ' ',
  )
const LIFETIME_FIELDS =
  'preset idleSeconds absoluteSeconds maxIdleSeconds maxAbsoluteSeconds touchEverySeconds rotateEverySeconds graceSeconds'.split(' ')
const PRESETS = {
  aal1: { idleSeconds: 2_592_000, absoluteSeconds: 2_592_000 },
  aal2: { idleSeconds: 3600, absoluteSeconds: 86_400 },
  aal3: { idleSeconds: 900, absoluteSeconds: 43_200 },
} as const
const LOCK_FIELDS = ['waitSeconds', 'leaseSeconds', 'maxHoldSeconds', 'maxWaiters']

/** @throws {SessionError} `ERR_SESSION_CONFIG`, naming the option, for anything that cannot work. */
export function settingsFrom<Data>(options: SessionManagerOptions<Data>): Settings {
  knownFields('', options, FIELDS)
  checkDriver(options.driver)
  checkParts(options)
  const assumeSingleProcess = booleanOption('assumeSingleProcess', options.assumeSingleProcess, false)
  const concurrency = concurrencyOption(options.concurrency, 'exclusive', options.driver, assumeSingleProcess)
  if (assumeSingleProcess || !isLocking(options.driver)) refuseRotation(options)
  if (options.moveIn !== undefined && !isLocking(options.driver)) {
    throw SessionError.config('moveIn', `needs a driver with locks, so that nobody moves in twice, and '${options.driver.name}' has none.`)
  }
  return {
    ...lifetimeFrom(options.lifetime),
    ...lockFrom(options.lock),
    concurrency,
    assumeSingleProcess,
    onStoreError: choiceOption('onStoreError', options.onStoreError, 'closed', ['closed', 'anonymous']),
    onUnreadable: choiceOption('onUnreadable', options.onUnreadable, 'new', ['new', 'throw']),
    onGone: choiceOption('onGone', options.onGone, 'anonymous', ['anonymous', 'throw']),
    hashIds: booleanOption('hashIds', options.hashIds, true),
    onReuse: choiceOption('onReuse', options.onReuse, 'report', ['report', 'revoke']),
    binding: bindingFrom(options.binding),
    maxPerUser: userLimitFrom(options.maxPerUser, options.driver),
    collectEveryMs: 1000 * timerOption('collectEverySeconds', options.collectEverySeconds, 300, 'at least'),
  }
}

/**
 * How sessions, or one session, are to meet others.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for a word that is not known, and for `exclusive` where there are no locks.
 */
export function concurrencyOption(value: unknown, fallback: Concurrency, driver: SessionDriver, assumeSingleProcess: boolean): Concurrency {
  const concurrency = choiceOption('concurrency', value, fallback, ['exclusive', 'merge', 'readonly'])
  if (concurrency === 'exclusive' && !assumeSingleProcess && !isLocking(driver)) {
    throw SessionError.config(
      'driver',
      `'${driver.name}' has no locks, so two requests could overwrite each other. Choose another driver, or set assumeSingleProcess: true where one process is all there is.`,
    )
  }
  return concurrency
}

function lifetimeFrom(
  options: LifetimeOptions = {},
): Pick<Settings, 'durations' | 'longest' | 'touchEveryMs' | 'graceMs' | 'rotateEveryMs'> {
  knownFields('lifetime', options, LIFETIME_FIELDS)
  const { preset } = options
  const most = preset === undefined ? undefined : PRESETS[choiceOption('lifetime.preset', preset, 'aal1', ['aal1', 'aal2', 'aal3'])]
  type Field = Exclude<keyof LifetimeOptions, 'preset'>
  const seconds = (field: Field, fallback: number, min = 0, limit: 'at least' | 'above' = 'at least'): number =>
    numberOption(`lifetime.${field}`, options[field], fallback, limit, min)
  const idle = seconds('idleSeconds', Math.min(7200, most?.idleSeconds ?? 7200), 0, 'above')
  const absolute = seconds('absoluteSeconds', most?.absoluteSeconds ?? 2_592_000)
  const longestIdle = seconds('maxIdleSeconds', idle, idle)
  const isLimited = absolute > 0 && options.maxAbsoluteSeconds !== 0
  const longestAbsolute = isLimited ? seconds('maxAbsoluteSeconds', absolute, absolute) : 0
  const asked = { idleSeconds: idle, absoluteSeconds: absolute, maxIdleSeconds: longestIdle, maxAbsoluteSeconds: longestAbsolute }
  for (const [option, value] of Object.entries(asked)) {
    const limit = most?.[/idle/i.test(option) ? 'idleSeconds' : 'absoluteSeconds']
    if (limit !== undefined && (value || Infinity) > limit)
      throw SessionError.config(`lifetime.${option}`, `may be ${limit} at most with preset '${preset}'.`)
  }
  const touch = seconds('touchEverySeconds', Math.min(60, idle / 10))
  if (touch > idle / 10) {
    throw SessionError.config(
      'lifetime.touchEverySeconds',
      `${touch} is more than a tenth of idleSeconds (${idle}): sessions in use would end early.`,
    )
  }
  const grace = seconds('graceSeconds', 30)
  const rotate = seconds('rotateEverySeconds', Infinity, 0, 'above')
  if (rotate < grace / 4) {
    throw SessionError.config(
      'lifetime.rotateEverySeconds',
      `${rotate} is less than a quarter of graceSeconds (${grace}): an old id would lead through too many new ones.`,
    )
  }
  return {
    durations: { idleMs: idle * 1000, absoluteMs: absolute * 1000 || undefined },
    longest: { idleMs: longestIdle * 1000, absoluteMs: longestAbsolute * 1000 || undefined },
    touchEveryMs: touch * 1000,
    graceMs: 1000 * grace,
    rotateEveryMs: 1000 * rotate,
  }
}

function bindingFrom(options: BindingOptions | undefined): Settings['binding'] {
  if (options === undefined) return undefined
  knownFields('binding', options, ['ipAddress', 'userAgent', 'ipv4Bits', 'ipv6Bits'])
  return {
    ipAddress: choiceOption('binding.ipAddress', options.ipAddress, 'off', ['off', 'report', 'rotate', 'reject']),
    userAgent: choiceOption('binding.userAgent', options.userAgent, 'off', ['off', 'report', 'rotate', 'reject']),
    ipv4Bits: integerOption('binding.ipv4Bits', options.ipv4Bits, 24, 1, 32),
    ipv6Bits: integerOption('binding.ipv6Bits', options.ipv6Bits, 64, 1, 128),
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

function userLimitFrom(options: UserLimitOptions | undefined, driver: SessionDriver): Settings['maxPerUser'] {
  if (options === undefined) return undefined
  if (!isListing(driver)) throw SessionError.config('maxPerUser', `'${driver.name}' keeps no list of its sessions. Choose another driver.`)
  knownFields('maxPerUser', options, ['sessions', 'whenReached'])
  const { sessions, whenReached } = options
  return {
    sessions: integerOption('maxPerUser.sessions', sessions ?? Number.NaN, 1, 1, 100_000),
    whenReached: choiceOption('maxPerUser.whenReached', whenReached, 'evict-oldest', ['refuse', 'evict-oldest', 'allow']),
  }
}

/** Without leases there are no markers, which lead parallel requests to the new id. @throws {SessionError} `ERR_SESSION_CONFIG`. */
function refuseRotation<Data>({ lifetime, binding }: SessionManagerOptions<Data>): void {
  const why = 'changes ids by itself, which needs a driver with locks and no assumeSingleProcess.'
  if (lifetime?.rotateEverySeconds !== undefined) throw SessionError.config('lifetime.rotateEverySeconds', why)
  if (binding?.ipAddress === 'rotate' || binding?.userAgent === 'rotate') throw SessionError.config('binding', why)
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

import { exceptMatcher } from '../http/except.ts'
import { addressFinder } from '../http/trust-proxy.ts'
import { tableName } from '../drivers/database/schema/table-name.ts'
import { MemoryDriver } from '../drivers/memory.ts'
import { SessionManager } from '../manager/session-manager.ts'
import { EncryptedSerializer } from '../serializers/encrypted.ts'
import { SessionError } from '../session/errors.ts'
import { shown } from '../session/option-check.ts'
import { isObject, isPlainObject, setOwn } from '../session/plain.ts'
import { BUILT_IN, type Entries, isCustom } from './entries.ts'
import { DRIVER_LIFETIMES } from './fields.ts'
import { renaming } from './naming.ts'
import { managerPart, sealingPart } from './parts.ts'
import type { SessionConfig } from './session-config.ts'
import { isSlip, isUrl } from './slips.ts'

const LONGEST_COOKIE_SECONDS = 34_560_000
const DRIVERS = 'drivers.'

/**
 * Puts together what was taken apart, under this library's names alone, and checks it as a whole.
 * @throws {SessionError} `ERR_SESSION_CONFIG`, naming the option.
 */
export function assembled<Data extends object>(entries: Entries): SessionConfig<Data> {
  settleDriver(entries)
  settleLifetime(entries)
  settleClients(entries)
  settleKeys(entries)
  const config: Record<string, unknown> = {}
  for (const [name, { value }] of entries) place(config, keysOf(name), value)
  checkWhole<Data>(config)
  return config
}

/** Where an entry goes. The name of a driver that only the application knows is one key, whatever is in it. */
function keysOf(name: string): readonly string[] {
  return name.startsWith(DRIVERS) ? ['drivers', name.slice(DRIVERS.length)] : name.split('.')
}

function place(section: Record<string, unknown>, [key = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) return setOwn(section, key, value)
  const inner = section[key]
  const next = isPlainObject(inner) ? inner : {}
  section[key] = next
  place(next, rest, value)
}

function settleDriver(entries: Entries): void {
  const entry = entries.get('driver')
  if (entry === undefined) return
  const { value, path } = entry
  if (isObject(value)) return
  if (typeof value !== 'string') throw SessionError.config(path, `must be the name of a driver, not ${shown(value)}.`)
  if (!BUILT_IN.includes(value) && !isCustom(value)) throw unsupported(path, value, BUILT_IN)
}

/** The seed's words for a driver that nobody knows. */
export function unsupported(option: string, name: string, known: readonly string[]): SessionError {
  if (isUrl(name)) return SessionError.config(option, `must be the name of a driver, not a URL. Known are: ${known.join(', ')}.`)
  const meant = known.find((one) => isSlip(name, one))
  const hint = meant === undefined ? '' : ` Did you mean '${meant}'?`
  return SessionError.config(option, `Unsupported session driver: ${name.slice(0, 60)}.${hint} Known are: ${known.join(', ')}.`)
}

/** The idle time is said of the driver that is chosen, or of all. The framework's `lifetime` is the cookie's too. */
function settleLifetime(entries: Entries): void {
  const driver = entries.get('driver')?.value ?? 'file'
  const ofDriver = typeof driver === 'string' ? entries.get(`${driver}.lifetime`) : undefined
  const general = entries.get('lifetime')
  const own = entries.get('lifetime.idleSeconds')
  if (own !== undefined && ofDriver !== undefined && own.value !== ofDriver.value) {
    throw SessionError.config(ofDriver.path, `says another idle time than '${own.path}'. Keep one of them.`)
  }
  for (const { name } of DRIVER_LIFETIMES) entries.delete(name)
  entries.delete('lifetime')
  const idle = own ?? ofDriver ?? general
  if (idle !== undefined) entries.set('lifetime.idleSeconds', idle)
  if (typeof general?.value === 'number' && !entries.has('cookie.lifetimeSeconds')) {
    const value = Math.min(Math.ceil(general.value), LONGEST_COOKIE_SECONDS)
    entries.set('cookie.lifetimeSeconds', { ...general, value })
  }
}

/** The PHP library's factory takes a live client as `redis`, or as `connection`. */
function settleClients(entries: Entries): void {
  for (const name of ['redis.redis', 'redis.connection', 'database.connection']) {
    const entry = entries.get(name)
    if (entry === undefined || (name !== 'redis.redis' && typeof entry.value === 'string')) continue
    const client = `${name.split('.')[0]}.client`
    const before = entries.get(client)
    if (before !== undefined) throw SessionError.config(entry.path, `says what '${before.path}' has said already. Keep one of them.`)
    entries.delete(name)
    entries.set(client, entry)
  }
}

/** A key that is `null` was to come from a variable that is not set. */
function settleKeys(entries: Entries): void {
  const entry = entries.get('keys')
  if (!isPlainObject(entry?.value)) return
  const isSealing = entries.get('encrypt')?.value === true
  const there = Object.entries(entry.value).filter(([name, key]) => {
    if (isSealing && (key === null || key === undefined || key === '')) throw noKey(`keys.${name}`, 'is not set.')
    return key !== null && key !== undefined
  })
  if (there.length === 0) entries.delete('keys')
  else entries.set('keys', { ...entry, value: Object.fromEntries(there) })
}

function noKey(option: string, problem: string): SessionError {
  return SessionError.config(option, `${problem} Set APP_KEY to a key that this command makes: openssl rand -base64 32`)
}

/** What depends on more than one value is checked by those who take it. Nothing is opened. */
function checkWhole<Data extends object>(config: object): asserts config is SessionConfig<Data> {
  const { except, trustProxy, database, encrypt, keys }: Readonly<Record<string, unknown>> = { ...config }
  if (Array.isArray(except)) exceptMatcher(except)
  Reflect.apply(addressFinder, undefined, ['trustProxy', trustProxy])
  if (isPlainObject(database) && database['table'] !== undefined)
    renaming(
      () => tableName(database['table']),
      () => 'database.table',
    )
  if (encrypt === true && keys === undefined) throw noKey('encrypt', 'is true, and there is no key.')
  if (encrypt === true) Reflect.construct(EncryptedSerializer, [sealingPart(config)])
  const manager = { ...managerPart(config), driver: new MemoryDriver({ acknowledged: true }) }
  renaming(
    () => Reflect.construct(SessionManager, [manager]),
    (option) => (option === 'name' ? 'cookie.name' : option),
  )
}

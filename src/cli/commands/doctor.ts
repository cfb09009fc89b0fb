import { resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { isSessionError } from '../../session/errors.ts'
import { Addresses } from '../doctor/addresses.ts'
import { checkAbsoluteLimit, checkKeys, checkMemory, checkName, checkSecure } from '../doctor/config-checks.ts'
import { type Finding, fault, unknown } from '../doctor/finding.ts'
import { checkFolder } from '../doctor/folder-check.ts'
import { checkRedis, checkTable } from '../doctor/server-checks.ts'
import {
  checkClock,
  checkExpired,
  checkHolders,
  checkPlaintext,
  checkProxies,
  checkUnknownKeys,
  checkUnreadable,
} from '../doctor/store-checks.ts'
import { EXIT } from '../exit-codes.ts'
import { oneLine } from '../failure.ts'
import { print, printJson } from '../print.ts'
import { Progress } from '../progress.ts'
import { SealTally } from '../seal-tally.ts'
import { stopSignal } from '../stopping.ts'
import { type CommonOptions, type Store, configured, connect } from '../store.ts'
import { harmless } from '../table.ts'
import { Tally } from '../tally.ts'
import { canSurvey, surveyed } from '../walk.ts'
import { heardWarnings } from '../warnings.ts'
import { counted } from '../words.ts'
import { type RingEntry, ringOf } from './keys.ts'

export interface DoctorOptions extends CommonOptions {
  readonly strict?: boolean
  /** Records that are looked at; keys are random, so the first are a fair sample. 0 for all. */
  readonly sample: number
  /** Seconds after which a lock that is still held by the same request is a long one. */
  readonly lockSeconds: number
}

/** What is read of one session after the other is read of so many at most. */
const MOST_READ = 1000
const SIGNS = { good: 'ok', warning: 'WARNING', fault: 'FAULT', unknown: '?' } as const

/** Looks at configuration and store, and says what is wrong and what to do about it. */
export async function doctor(options: DoctorOptions): Promise<number> {
  const loaded = await configured(options)
  const { config } = loaded
  const place = { isProduction: process.env['NODE_ENV'] === 'production' }
  const findings: Finding[] = [checkSecure(config, place), checkName(config), checkAbsoluteLimit(config)]
  const store = await connect(loaded)
  const stopping = stopSignal()
  try {
    const ring = config.encrypt === true ? await ringOf(config).catch(notFetched) : []
    const keys = 'level' in ring ? ring : checkKeys(config, ring, await refusalOf(store))
    findings.push(checkMemory(store.driver.name, place), keys)
    findings.push(...(await ofStore(store, 'level' in ring ? undefined : ring, options, stopping)))
  } finally {
    await store.close()
  }
  const faults = findings.filter(({ level }) => level === 'fault').length
  const warnings = findings.filter(({ level }) => level === 'warning').length
  const isWhole = !stopping.aborted
  if (options.json) await printJson({ isWell: faults === 0, isWhole, faults, warnings, findings })
  else {
    await print(findings.map(lineOf).join(''))
    await print(
      `\n${counted(faults, 'fault')}, ${counted(warnings, 'warning')}.${isWhole ? '' : ' Stopped: this is a part. Run it again.'}\n`,
    )
  }
  if (!isWhole) return EXIT.stopped
  return faults > 0 || (options.strict === true && warnings > 0) ? EXIT.no : EXIT.done
}

/** What is wrong with keys that a function gives, or does not give. */
function notFetched(error: unknown): Finding {
  if (!isSessionError(error)) throw error
  const cure =
    error.code === 'ERR_SESSION_CONFIG' ? 'Make a key with: holdfast keys generate' : 'See why the function under keys gives none.'
  return fault('keys', oneLine(error.message), cure)
}

/** Why there can be no manager of this configuration, as of keys that are too weak; `undefined` where there can. */
async function refusalOf(store: Store): Promise<string | undefined> {
  try {
    await store.manager()
    return undefined
  } catch (error) {
    if (!isSessionError(error)) throw error
    return oneLine(error.message)
  }
}

async function ofStore(
  store: Store,
  ring: readonly RingEntry[] | undefined,
  options: DoctorOptions,
  stopping: AbortSignal,
): Promise<Finding[]> {
  const { driver, loaded } = store
  try {
    await driver.open()
  } catch (error) {
    if (!isSessionError(error)) throw error
    return [fault('store', oneLine(error.message), 'The message says what to do. The other checks of the store were left out.')]
  }
  const findings: Finding[] = [{ check: 'store', level: 'good', message: 'The store can be used.' }]
  if (driver.name === 'database') findings.push(checkTable(await heardWarnings()))
  if (driver.name === 'file') findings.push(checkFolder(folderOf(loaded)))
  const { RedisDriver } = driver.name === 'redis' ? await import('../../drivers/redis/redis-driver.ts') : {}
  if (RedisDriver !== undefined && driver instanceof RedisDriver) findings.push(...checkRedis(await driver.facts()))
  return [...findings, ...(await ofRecords(store, ring, options, stopping))]
}

/** A driver that a program made and handed in keeps to itself where its folder is. */
function folderOf({ config: { driver, file } }: Store['loaded']): string | undefined {
  return driver === undefined || driver === 'file' ? resolve(file?.path ?? 'var/sessions') : undefined
}

async function ofRecords(
  store: Store,
  ring: readonly RingEntry[] | undefined,
  { sample, lockSeconds }: DoctorOptions,
  stopping: AbortSignal,
): Promise<Finding[]> {
  const { driver, loaded } = store
  const { config } = loaded
  const seals = config.encrypt === true ? new SealTally() : undefined
  const addresses = new Addresses()
  const tally = await look(store, sample, stopping, async (page) => {
    addresses.add(page)
    await seals?.add(driver, page.records, sample === 0 ? Infinity : MOST_READ)
  })
  let after: Tally | undefined
  if (tally.holders.length > 0 && !stopping.aborted) {
    await setTimeout(lockSeconds * 1000, undefined, { signal: stopping }).catch(() => undefined)
    after = await look(store, sample, stopping, async () => undefined)
  }
  return [
    checkClock(tally),
    canSurvey(driver) ? checkExpired(tally, driver.expiresByItself) : unknown('expired', 'The driver does not show what has expired.'),
    checkUnreadable(tally),
    checkPlaintext(config, seals),
    ring === undefined ? unknown('keys-in-use', 'The keys are not known.') : checkUnknownKeys(config, ring, seals),
    checkProxies(config, addresses),
    canSurvey(driver) ? checkHolders(tally, after, lockSeconds) : unknown('locks', 'The driver does not show who holds a lock.'),
  ]
}

type Page = Parameters<Tally['add']>[0]

async function look({ driver }: Store, sample: number, stopping: AbortSignal, each: (page: Page) => Promise<void>): Promise<Tally> {
  const tally = new Tally()
  const progress = new Progress('Looking')
  for await (const page of surveyed(driver, stopping)) {
    tally.add(page)
    await each(page)
    progress.show(tally.total, page.cursor)
    if (sample > 0 && tally.total >= sample) break
  }
  progress.end()
  return tally
}

function lineOf({ check, level, message, cure }: Finding): string {
  const line = `${SIGNS[level].padEnd(8)}${check.padEnd(19)}${harmless(message)}\n`
  return cure === undefined ? line : `${line}${' '.repeat(27)}${harmless(cure)}\n`
}

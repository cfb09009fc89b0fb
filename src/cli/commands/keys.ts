import type { SessionConfig } from '../../config/index.ts'
import { EncryptedSerializer, type FetchKeys } from '../../serializers/encrypted.ts'
import { PhpKey } from '../../serializers/sealing/key-text.ts'
import { isObject } from '../../session/plain.ts'
import { EXIT } from '../exit-codes.ts'
import { CommandError } from '../failure.ts'
import { print, printJson, printLine, say } from '../print.ts'
import { type CommonOptions, configured, withStore } from '../store.ts'
import { table } from '../table.ts'
import { counted } from '../words.ts'

export interface GenerateOptions {
  readonly encoding: 'base64' | 'hex'
  readonly json?: boolean
}

/** A key of the ring, without the key itself. */
export interface RingEntry {
  readonly name: string
  readonly state: 'seals' | 'opens' | 'retired'
  readonly form: 'random' | 'php'
}

const KEY_BYTES = 32

/** Makes a key, and shows it this once. */
export async function generate({ encoding, json = false }: GenerateOptions): Promise<number> {
  const key = Buffer.from(crypto.getRandomValues(new Uint8Array(KEY_BYTES))).toString(encoding)
  await (json ? printJson({ key }) : printLine(key))
  if (process.stdout.isTTY && !json) say('Put it where your other secrets are, under a new name in keys. It is shown this once.')
  return EXIT.done
}

/** Lists the keys of the ring by their names. */
export async function listKeys(options: CommonOptions): Promise<number> {
  const { config } = await configured(options)
  const ring = await ringOf(config)
  if (options.json) await printJson({ encrypt: config.encrypt === true, keys: ring })
  else if (ring.length === 0) await printLine('No keys. Make one with: holdfast keys generate')
  else
    await print(
      table(
        ['KEY', 'STATE', 'FORM'],
        ring.map(({ name, state, form }) => [name, state, form]),
      ),
    )
  return EXIT.done
}

/** Counts sessions by the keys that they need: it is said of each key whether it may go. */
export async function keysStatus(options: CommonOptions): Promise<number> {
  return await withStore(options, async (store) => {
    const { config } = store.loaded
    if (config.encrypt !== true) throw notSealing()
    const ring = await ringOf(config)
    const manager = await store.manager()
    const { examined, byKey, unsealed, unreadable } = await manager.keyUsage()
    const unknown = [...byKey.keys()].filter((name) => !ring.some((entry) => entry.name === name))
    // A key may have had another name when it sealed: any of those in the ring may be what opens a text under a name that is not.
    const mayBeNeeded = unknown.length > 0
    const rows = ring.map(({ name, state }) => ({ name, state, sessions: byKey.get(name) ?? 0, mayBeNeeded }))
    const all = [...rows, ...unknown.map((name) => ({ name, state: 'unknown' as const, sessions: byKey.get(name) ?? 0, mayBeNeeded }))]
    if (options.json) {
      const keys = all.map((row) => ({ name: row.name, state: row.state, sessions: row.sessions, mayRetire: mayRetire(row) }))
      await printJson({ examined, unsealed, unreadable, keys })
    } else {
      await print(
        table(
          ['KEY', 'STATE', 'SESSIONS', ''],
          all.map((row) => [row.name, row.state, String(row.sessions), adviceOn(row)]),
        ),
      )
      await printLine(`${counted(examined, 'session')}; ${unsealed} not sealed, ${unreadable} unreadable.`)
    }
    return unknown.length > 0 ? EXIT.no : EXIT.done
  })
}

/**
 * The ring of a configuration by its names. A function that fetches it is asked.
 * @throws {SessionError} as the application would get it, for a function that fails, gives nothing for ten seconds, or gives what is no ring.
 */
export async function ringOf({ keys }: Pick<SessionConfig, 'keys'>): Promise<readonly RingEntry[]> {
  const given: unknown = typeof keys === 'function' ? await fetched(keys) : keys
  if (!isObject(given)) return []
  const entries = Object.entries(given).map(([name, entry]) => {
    const isPlain = !isObject(entry) || entry instanceof Uint8Array || PhpKey.bytesOf(entry) !== undefined
    const key: unknown = isPlain ? entry : Reflect.get(entry, 'key')
    const state: unknown = isPlain ? undefined : Reflect.get(entry, 'state')
    return { name, state, form: PhpKey.bytesOf(key) === undefined ? ('random' as const) : ('php' as const) }
  })
  const sealer = entries.find(({ state }) => state === 'seals') ?? entries.find(({ state }) => state === undefined)
  return entries.map(({ name, state, form }) => {
    return { name, form, state: name === sealer?.name ? 'seals' : state === 'retired' ? 'retired' : 'opens' }
  })
}

async function fetched(fetch: FetchKeys): Promise<unknown> {
  let ring: unknown
  const keys: FetchKeys = async () => {
    const given = await fetch()
    ring = given
    return given
  }
  await new EncryptedSerializer({ keys }).open()
  return ring
}

/** @returns An error that says how to begin. */
export function notSealing(): CommandError {
  return new CommandError(
    EXIT.usage,
    'Sessions are not sealed: set encrypt to true, and a key under keys. Make one with: holdfast keys generate',
  )
}

interface Used {
  readonly name: string
  readonly state: RingEntry['state'] | 'unknown'
  readonly sessions: number
  /** Whether some sessions do not tell which key of the ring they need. */
  readonly mayBeNeeded: boolean
}

function mayRetire({ state, sessions, mayBeNeeded }: Used): boolean {
  return state === 'opens' && sessions === 0 && !mayBeNeeded
}

function adviceOn(row: Used): string {
  if (mayRetire(row)) return 'may be retired'
  if (row.state === 'opens') return 'run: holdfast keys reseal'
  if (row.state === 'unknown') return 'not in the ring: run: holdfast keys reseal; what stays cannot be opened'
  return row.state === 'retired' && row.sessions > 0 ? 'retired too early: these sessions cannot be opened' : ''
}

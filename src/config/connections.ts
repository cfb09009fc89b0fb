import { SessionError } from '../session/errors.ts'
import { isObject } from '../session/plain.ts'
import type { OwnClient } from './libraries.ts'
import { isUrl } from './slips.ts'
import type { Connections } from './session-config.ts'

/** What a driver's configuration says of its connection. */
export interface Wanted {
  readonly client?: unknown
  readonly connection?: string | undefined
  readonly url?: string | undefined
  readonly library?: string | undefined
}

/** What connections are made of. */
export interface Sources {
  readonly connections: Connections | undefined
  /** The URL of the environment, if there is one. */
  readonly url: string | undefined
}

/** A client, and how it is ended where it was made here. */
export interface Found {
  readonly client: unknown
  readonly end: (() => Promise<void>) | undefined
}

const VARIABLE = { redis: 'REDIS_URL', database: 'DATABASE_URL' } as const

/**
 * Finds the client of a driver: the one that was handed in, the connection of its name, or what its URL leads to.
 * @throws {SessionError} `ERR_SESSION_CONFIG` when there is none.
 */
export async function clientFor(
  driver: 'redis' | 'database',
  { client, connection = 'default', url, library }: Wanted,
  sources: Sources,
  connect: (url: string, library: unknown) => Promise<OwnClient>,
): Promise<Found> {
  if (client !== undefined) return { client, end: undefined }
  const named: unknown = await namedConnection(driver, connection, sources.connections)
  if (typeof named === 'string') return connect(named, library)
  if (named !== undefined && named !== null) return { client: named, end: undefined }
  const where = connection === 'default' ? (url ?? sources.url) : undefined
  if (where !== undefined) return connect(where, library)
  throw noConnection(driver, connection, sources.connections)
}

async function namedConnection(driver: 'redis' | 'database', name: string, connections: Connections | undefined): Promise<unknown> {
  if (typeof connections === 'function') return connections(name, driver)
  return connections !== undefined && Object.hasOwn(connections, name) ? connections[name] : undefined
}

function noConnection(driver: 'redis' | 'database', name: string, connections: Connections | undefined): SessionError {
  if (isUrl(name)) {
    throw SessionError.config(
      `${driver}.connection`,
      `must be the name of a connection, not a URL: that goes into '${driver}.url', or into ${VARIABLE[driver]}.`,
    )
  }
  const known = isObject(connections) ? Object.keys(connections) : []
  const there = known.length === 0 ? '' : ` There are: ${known.join(', ')}.`
  const handIn = `connections: { ${/^\w+$/.test(name) ? name : `'${name.slice(0, 40)}'`}: client }`
  if (name === 'default') {
    const what = driver === 'redis' ? 'Redis' : 'Database'
    return SessionError.config(
      `${driver}.client`,
      `${what} driver requires a client or a URL: set ${VARIABLE[driver]}, or hand one in: ${handIn}.${there}`,
    )
  }
  return SessionError.config(
    `${driver}.connection`,
    `is '${name.slice(0, 40)}', and there is no connection of this name.${there} Hand it in: ${handIn}, or leave the name out to use ${VARIABLE[driver]}.`,
  )
}

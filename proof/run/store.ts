import { chmodSync, chownSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { startRedisPlace } from '../../bench/redis/place.ts'
import type { Leftovers, Place, ServerPlace } from '../../bench/shared/place.ts'
import { startSqlServerPlace } from '../../bench/sql/place.ts'
import { startSqlitePlace } from '../../bench/sql/sqlite-place.ts'
import type { RedisSentinel } from '../../test/support/redis-sentinel.ts'
import { serverUser } from '../../test/support/sql-server.ts'
import { makeGuardedFolder, removeGuardedFolder } from '../faults/guard.ts'
import type { DriverName } from './drivers.ts'

/** Where the sessions of a proof are kept: of its own, and durable. */
export interface Store extends AsyncDisposable {
  readonly driver: DriverName
  /** With its version. */
  readonly title: string
  /** What an application connects to; a folder or a file; of memory there is none. */
  readonly address: string
  /** A server that can be killed, and that lines lead to. */
  readonly server?: ServerPlace
  /** Servers of which one may take the place of another. */
  readonly sentinel?: RedisSentinel
  /** A folder on the disk of the applications, which they write themselves. */
  readonly folder?: string
  /** Each application has sessions of its own, which no other one knows. */
  readonly isApart?: boolean
  /** What lies in it and should not, in words. Only what the driver does not show. */
  pieces(): Promise<readonly string[]>
}

export async function startStore(driver: DriverName): Promise<Store> {
  switch (driver) {
    case 'memory':
      return { driver, title: 'memory', address: '', isApart: true, pieces: async () => [], [Symbol.asyncDispose]: async () => {} }
    case 'file':
      return startFolder()
    case 'sqlite':
      return overSqlite(await startSqlitePlace())
    case 'postgres':
      return overServer(driver, await startSqlServerPlace('PostgreSQL'))
    case 'mariadb':
      return overServer(driver, await startSqlServerPlace('MariaDB'))
    default:
      return overServer(driver, await startRedisPlace('node-redis'))
  }
}

function startFolder(): Store {
  const folder = makeGuardedFolder('own-files')
  giveToUser(folder)
  return {
    driver: 'file',
    title: 'files',
    address: join(folder, 'sessions'),
    folder,
    // Temporary files that crashes left are removed by a collection once they are old: those of now are no leftovers.
    pieces: async () => [],
    [Symbol.asyncDispose]: async () => {
      makeWritable(folder, true)
      removeGuardedFolder(folder)
    },
  }
}

function overSqlite(place: Place): Store {
  const folder = join(place.address, '..')
  giveToUser(folder)
  return { ...over('sqlite', place), folder }
}

function overServer(driver: DriverName, server: ServerPlace): Store {
  return { ...over(driver, server), server }
}

function over(driver: DriverName, place: Place): Store {
  return {
    driver,
    title: place.title,
    address: place.address,
    pieces: async () => neverExpiring(await place.leftovers()),
    [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
  }
}

export function neverExpiring({ keysForEver }: Leftovers): string[] {
  return keysForEver === 0 ? [] : [`${keysForEver} records that never expire`]
}

/** Lets applications write into a folder and all in it, or keeps them from it: who runs as root lets them run as somebody whom that binds. */
export function makeWritable(folder: string, writable: boolean): void {
  for (const path of [folder, ...foldersIn(folder)]) chmodSync(path, writable ? 0o700 : 0o500)
}

function foldersIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name))
}

function giveToUser(folder: string): void {
  const user = serverUser()
  if (user === undefined) return
  for (const path of [folder, ...readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name)))]) {
    chownSync(path, user.uid, user.gid)
  }
}

import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { makeGuardedFolder, removeGuardedFolder } from '../../proof/faults/guard.ts'
import type { Place } from '../shared/place.ts'
import { makeTable } from './clients.ts'
import { type Ask, looksOver, textIn } from './looking.ts'

const LOCKS = '/proc/locks'
/** The byte of the file beside the database that who writes has locked: sqlite.org/walformat.html, "WAL Locks". */
const WRITE_LOCK = '120'

/** A file of its own with a write-ahead log, synced at each write. */
export async function startSqlitePlace(): Promise<Place> {
  const folder = makeGuardedFolder('own-sqlite')
  const path = join(folder, 'sessions.db')
  const database = new DatabaseSync(path, { timeout: 1000 })
  database.exec('PRAGMA journal_mode = WAL')
  const ask: Ask = async (sql, values = []) => database.prepare(sql).all(...values)
  const [version] = await ask('SELECT sqlite_version() AS version')
  await makeTable('node:sqlite', path)
  return {
    ...looksOver(ask, { now: "CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER)", key: '?' }),
    title: `SQLite ${textIn(version, 'version')}`,
    address: path,
    libraries: ['node:sqlite'],
    blockedBy: async (pid) => hasLockedToWrite(pid, `${path}-shm`),
    [Symbol.asyncDispose]: async () => {
      database.close()
      removeGuardedFolder(folder)
    },
  }
}

/** Whether a process that stands still holds the one lock that every write needs. */
function hasLockedToWrite(pid: number, path: string): boolean {
  if (!existsSync(LOCKS)) throw new Error(`${LOCKS} is missing, which says who holds a file: this runs on Linux only`)
  const file = String(statSync(path).ino)
  return readFileSync(LOCKS, 'utf8')
    .split('\n')
    .some((line) => {
      // 1: POSIX ADVISORY WRITE 4711 fe:00:2156402 120 120
      const [, kind, , mode, owner, place = '', from] = line.trim().split(/\s+/)
      return kind === 'POSIX' && mode === 'WRITE' && owner === String(pid) && place.split(':')[2] === file && from === WRITE_LOCK
    })
}

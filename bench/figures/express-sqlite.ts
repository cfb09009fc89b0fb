import { createRequire } from 'node:module'
import { shown } from '../harness/quiet.ts'
import { expressLanes } from '../sql/express-lanes.ts'
import type { ExpressLane } from '../sql/express-lanes.ts'
import type { Figure } from './figure.ts'

/** Times the requests a second of the faster peer. */
const GOAL = 1

const PEER = 1

// It brings a hundred packages and a binary that is downloaded or compiled: it is measured where somebody has installed it.
const hasSqlite3 = canLoad('connect-sqlite3') && canLoad('sqlite3')
const sqlite3Lane: ExpressLane = { label: 'express-session + connect-sqlite3', server: 'express-session-sqlite3' }

// All with WAL, and with synchronous=NORMAL but where it says FULL.
const lanes: readonly ExpressLane[] = [
  { label: 'Express without sessions', server: 'express-bare', expected: 'none' },
  { label: 'express-session + better-sqlite3-session-store', server: 'express-session-better-sqlite3' },
  { label: 'Holdfast, node:sqlite, locked', server: 'holdfast-sqlite', isAimed: true },
  { label: 'Holdfast, better-sqlite3, locked', server: 'holdfast-better-sqlite3', isAimed: true },
  { label: 'Holdfast, node:sqlite, locked, synchronous=FULL', server: 'holdfast-sqlite-full' },
  { label: 'Holdfast, node:sqlite, no lock: read and update', server: 'holdfast-sqlite-unlocked' },
  ...(hasSqlite3 ? [sqlite3Lane] : []),
]

export const figure: Figure = {
  name: 'express-sqlite',
  title: 'Express with sessions in SQLite: requests and CPU, each reading and writing a session of 300 bytes',
  peers: [
    'express',
    'express-session',
    'better-sqlite3-session-store',
    'better-sqlite3',
    ...(hasSqlite3 ? ['connect-sqlite3', 'sqlite3'] : []),
  ],
  async run(size, { log }) {
    if (!hasSqlite3) log('without connect-sqlite3: npm install --no-save connect-sqlite3@0.9.18 sqlite3@6.0.1')
    const others = hasSqlite3 ? [lanes.indexOf(sqlite3Lane)] : []
    const { counts, rows, aimed } = await expressLanes({ lanes, peers: [PEER, ...others], peerName: 'the faster peer', size, log })
    for (const { label, times } of aimed) log(`${label}: ${shown(times)} times the requests of the faster peer (goal: at least ${GOAL})`)
    return { counts, rows }
  },
}

function canLoad(name: string): boolean {
  try {
    createRequire(import.meta.url)(name)
    return true
  } catch {
    return false
  }
}

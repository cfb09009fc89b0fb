import { startMariaDb } from '../../test/support/mariadb-server.ts'
import { shown } from '../harness/quiet.ts'
import { expressLanes } from '../sql/express-lanes.ts'
import type { ExpressLane } from '../sql/express-lanes.ts'
import type { Figure } from './figure.ts'

/** Times the requests a second of express-session + express-mysql-session. */
const GOAL = 1.2

const PEER = 1
const lanes: readonly ExpressLane[] = [
  { label: 'Express without sessions', server: 'express-bare', expected: 'none' },
  { label: 'express-session + express-mysql-session', server: 'express-session-mysql' },
  { label: 'Holdfast, mysql2, locked', server: 'holdfast-mysql', isAimed: true },
  { label: "Holdfast, mysql2, locked, dialect: 'mysql'", server: 'holdfast-mysql-three' },
  { label: 'Holdfast, mysql2, no lock: read and update', server: 'holdfast-mysql-unlocked' },
]

export const figure: Figure = {
  name: 'express-mysql',
  title: 'Express with sessions in MariaDB: requests and CPU, each reading and writing a session of 300 bytes',
  peers: ['express', 'express-session', 'express-mysql-session', 'mysql2'],
  async run(size, { log }) {
    // The small size is looked at for its counts alone.
    await using server = await startMariaDb({ durable: size === 'full' })
    const store = { url: server.url, pid: server.pid, name: 'MariaDB' }
    const { counts, rows, aimed } = await expressLanes({ lanes, peers: [PEER], peerName: 'express-mysql-session', store, size, log })
    for (const { label, times } of aimed)
      log(`${label}: ${shown(times)} times the requests of express-mysql-session (goal: at least ${GOAL})`)
    return { counts, rows }
  },
}

import { startPostgres } from '../../test/support/postgres-server.ts'
import { shown } from '../harness/quiet.ts'
import { expressLanes } from '../sql/express-lanes.ts'
import type { ExpressLane } from '../sql/express-lanes.ts'
import type { Figure } from './figure.ts'

/** Of the CPU that express-session + connect-pg-simple and its server need together. */
const CPU_GOAL = 0.6
const SPEED_GOAL = 1.8

const PEER = 1
const lanes: readonly ExpressLane[] = [
  { label: 'Express without sessions', server: 'express-bare', expected: 'none' },
  { label: 'express-session + connect-pg-simple', server: 'express-session-postgres' },
  { label: 'Holdfast, pg, locked', server: 'holdfast-postgres', isAimed: true },
  { label: 'Holdfast, postgres.js, locked', server: 'holdfast-postgres-js', isAimed: true },
  { label: 'Holdfast, pg, no lock: read and update', server: 'holdfast-postgres-unlocked' },
  { label: 'Holdfast, pg, a lock of the database: five statements', server: 'holdfast-postgres-pinned' },
]

export const figure: Figure = {
  name: 'express-postgres',
  title: 'Express with sessions in PostgreSQL: requests and CPU, each reading and writing a session of 300 bytes',
  peers: ['express', 'express-session', 'connect-pg-simple', 'pg', 'postgres'],
  async run(size, { log }) {
    // The small size is looked at for its counts alone.
    await using server = await startPostgres({ durable: size === 'full' })
    const store = { url: server.url, pid: server.pid, name: 'PostgreSQL' }
    const { counts, rows, aimed } = await expressLanes({ lanes, peers: [PEER], peerName: 'connect-pg-simple', store, size, log })
    for (const { label, share, times } of aimed) {
      log(
        `${label}: ${shown(share)} of the CPU of connect-pg-simple (goal: at most ${CPU_GOAL}), ${shown(times)} times its requests (at least ${SPEED_GOAL})`,
      )
    }
    return { counts, rows }
  },
}

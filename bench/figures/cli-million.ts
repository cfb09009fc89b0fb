import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LockingDriver } from '../../src/contracts/driver.ts'
import { randomHex } from '../../src/session/random.ts'
import { installCommand } from '../cli/installed.ts'
import type { ManySealed } from '../cli/many-sealed.ts'
import { openAll } from '../cli/opened.ts'
import { startRelay } from '../cli/relay.ts'
import type { Desk } from '../cli/runs.ts'
import { isHeld, keyAt, ring } from '../cli/sealed-records.ts'
import { sealedPostgres } from '../cli/sealed-postgres.ts'
import { sealedRedis } from '../cli/sealed-redis.ts'
import { type WorkDone, gcOn, resealOn, statsOn } from '../cli/works.ts'
import { shown } from '../harness/quiet.ts'
import type { Figure, FigureRow } from './figure.ts'

const GOAL_MB = 150
const sizes = { full: 1_000_000, small: 3000 }
/** No figure runs as long. */
const LEASE_MS = 12 * 3_600_000

export const figure: Figure = {
  name: 'cli-million',
  title: 'Memory of the command on stores of many sessions, and what is lost when it is killed and when it is stopped',
  peers: ['pg', 'redis', 'commander'],
  async run(size, { seed, log }) {
    const count = sizes[size]
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-million-'))
    try {
      const main = installCommand(folder)
      const counts: Record<string, number> = {}
      const rows: FigureRow[] = []
      for (const start of [sealedPostgres, sealedRedis]) {
        await using store = await start()
        await store.fill(count, seed)
        log(`${store.title}: ${count} sessions made`)
        await using relay = await startRelay(store.port)
        const [straight, throughRelay] = [appIn(folder, store, store.port), appIn(folder, store, relay.port)]
        const { works, opened } = await worked(store, { main, straight, throughRelay, relay }, count, log)
        for (const work of works) {
          rows.push(rowOf(store, count, work))
          Object.assign(counts, countsIn(store.title, work))
        }
        for (const [name, value] of Object.entries(opened)) counts[`${store.title}: ${name}`] = value
      }
      return { counts, rows }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

/** The folder of an application whose configuration leads to the store through a port, with the new key in its ring. */
function appIn(folder: string, store: ManySealed, port: number): string {
  const app = join(folder, `${store.title} ${port}`)
  mkdirSync(join(app, 'config'), { recursive: true })
  writeFileSync(join(app, 'config/session.json'), JSON.stringify({ ...store.configAt(port), encrypt: true, keys: ring }))
  return app
}

async function worked(store: ManySealed, desk: Desk, count: number, log: (line: string) => void) {
  const own = await store.connect()
  await own.driver.open()
  try {
    await holdSome(own.driver)
    const works: WorkDone[] = []
    for (const work of [statsOn, resealOn, gcOn]) {
      if (work === gcOn) await store.expire(count)
      const done = await work(store, desk, count)
      log(`${store.title}, ${done.command}: ${peakOf(done)} MB (goal: under ${GOAL_MB}), ${done.lost} lost`)
      works.push(done)
    }
    return { works, opened: await openAll(own.driver, count) }
  } finally {
    await own.driver.close()
    await own.end()
  }
}

/** As requests do that take very long. */
async function holdSome(driver: LockingDriver): Promise<void> {
  for (let index = 0; isHeld(index); index++) {
    const { kind } = await driver.acquire(keyAt(index), { token: randomHex(16), leaseMs: LEASE_MS })
    if (kind !== 'held') throw new Error(`a session that is to be held is ${kind}`)
  }
}

function rowOf({ title }: ManySealed, count: number, work: WorkDone): FigureRow {
  const { command, runs, done, leftAlone, lost } = work
  const [killed, stopped, rest] = done
  return {
    store: title,
    command,
    'sessions in the store': count,
    'done when killed': killed ?? '',
    'done when stopped': stopped,
    'done by going on': rest,
    'left alone': leftAlone,
    'sessions lost': lost,
    'stopped within, ms': shown(runs[1].afterMs),
    'all runs, s': shown(runs.reduce((sum, { seconds }) => sum + seconds, 0)),
    'peak memory, MB': peakOf(work),
  }
}

function peakOf({ runs }: WorkDone): number {
  return Math.round(Math.max(...runs.map(({ peakMb }) => peakMb)))
}

function countsIn(title: string, { command, done, leftAlone, lost }: WorkDone): Record<string, number> {
  const [killed = 0, stopped, rest] = done
  const name = `${title}: ${command}`
  return { [`${name}, all runs`]: killed + stopped + rest, [`${name}, left alone`]: leftAlone, [`${name}, lost`]: lost }
}

import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { startProgram } from '../support/runtimes.ts'
import type { Runtime } from '../support/runtimes.ts'

const child = join(import.meta.dirname, 'suite/count-child.ts')
/** When one of the processes is killed. */
const KILLED_AFTER = 10

/** What came of several processes that counted in one session while one of them was killed. */
export interface Counted {
  /** How many increments the processes were told are stored, and are not there. */
  readonly lost: number
  /** How many are there that nobody was told of: at most the one that the killed process was at. */
  readonly untold: number
  /** How many sessions are locked afterwards. */
  readonly locksLeft: number
}

/** Lets each of the runtimes count in one session, `times` times, and kills the first of them in the midst of it. */
export async function countTogether(path: string, runtimes: readonly Runtime[], times: number): Promise<Counted> {
  const driver = new FileDriver({ path })
  const sessions = new SessionManager({ driver })
  const id = await sessions.run(undefined, (session) => {
    session.set('count', 0)
    return session.id
  })
  const told = await Promise.all(runtimes.map((runtime, at) => countOn(runtime, [path, id, String(times)], at === 0)))
  const stored = await sessions.run(id, (session) => Number(session.get('count')))
  const sum = told.reduce((all, each) => all + each, 0)
  const { sessions: kept } = await driver.list()
  let locksLeft = 0
  for (const { key } of kept) {
    const acquired = await driver.acquire(key, { token: 'after all', leaseMs: 1000 })
    if (acquired.kind !== 'held') locksLeft += 1
  }
  await sessions.close()
  return { lost: Math.max(0, sum - stored), untold: Math.max(0, stored - sum), locksLeft }
}

/** Answers how often the process said that it had stored. */
async function countOn(runtime: Runtime, args: readonly string[], isKilled: boolean): Promise<number> {
  const process = startProgram(runtime, child, args)
  const errors: string[] = []
  process.stderr.on('data', (data: Buffer) => errors.push(data.toString()))
  const ended = once(process, 'close')
  let told = 0
  for await (const line of createInterface({ input: process.stdout })) {
    if (line === 'stored') told += 1
    if (isKilled && told === KILLED_AFTER) process.kill('SIGKILL')
  }
  const [code, signal] = await ended
  const isComplete = told === Number(args.at(-1))
  const wanted = isKilled ? signal === 'SIGKILL' && !isComplete : code === 0 && isComplete
  if (!wanted) throw new Error(`${runtime.name} ended with ${code ?? signal} after ${told}: ${errors.join('')}`)
  return told
}

import { fileURLToPath } from 'node:url'
import { startRedis } from '../../test/support/redis-server.ts'
import type { RedisServer } from '../../test/support/redis-server.ts'
import { Child } from '../harness/child.ts'
import { median, shown } from '../harness/quiet.ts'
import { fairness, ways } from '../redis/hot-session.ts'
import type { HotProtocol, HotResult, HotRun, Way } from '../redis/hot-session.ts'
import type { Figure, FigureRow } from './figure.ts'

const PROCESS = fileURLToPath(new URL('../redis/hot-session-process.ts', import.meta.url))
const MOST_PROCESSES = 4
const COMMANDS_GOAL = 1.5
const FAIRNESS_GOAL = 0.98
/** Times the ideal: each waiter once in turn, without a pause in between. */
const WAIT_GOAL = 4
/** Of what the store can do for one key, one after the other. */
const SERIAL_GOAL = 0.7

const sizes = {
  full: { waiters: 25, rounds: 3, atMost: { seconds: 5, turnsEach: Infinity } },
  small: { waiters: 5, rounds: 1, atMost: { seconds: 100, turnsEach: 4 } },
}

interface HotPlan {
  readonly way: Way
  readonly workMs: number
  readonly processes: number
  /** One who is alone takes the session and gives it back without anybody in the way: what the store can do at most for one key. */
  readonly isAlone?: boolean
}

const runs: readonly HotPlan[] = [
  { way: 'fixed', workMs: 0, processes: 1, isAlone: true },
  { way: 'holdfast', workMs: 0, processes: 4 },
  { way: 'holdfast', workMs: 0, processes: 2 },
  { way: 'fixed', workMs: 0, processes: 2 },
  { way: 'exponential', workMs: 0, processes: 2 },
  { way: 'holdfast', workMs: 2, processes: 2 },
  { way: 'fixed', workMs: 2, processes: 2 },
  { way: 'exponential', workMs: 2, processes: 2 },
]

interface Measured {
  readonly turns: number
  readonly perSecond: number
  readonly commandsEach: number
  readonly fairOverProcesses: number
  readonly fairOverWaiters: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly longestMs: number
  readonly heldMs: number
  readonly outOfTurn: number
  readonly lost: number
}

export const figure: Figure = {
  name: 'redis-hot-session',
  title: 'One session that all waiters of several processes want all the time: what handing it on costs, and who gets it',
  peers: ['redis'],
  async run(size, { log }) {
    const { waiters, rounds, atMost } = sizes[size]
    // The small size is looked at for its counts alone.
    await using redis = await startRedis({ durable: size === 'full' })
    const processes = Array.from({ length: MOST_PROCESSES }, () => new Child<HotProtocol>([PROCESS]))
    const measured = runs.map((): Measured[] => [])
    try {
      await Promise.all(processes.map((child) => child.ask('open', { url: redis.url, prefix: 'hot:' })))
      // The first round is for warming up.
      for (let round = size === 'full' ? -1 : 0; round < rounds; round++) {
        for (const [at, run] of runs.entries()) {
          const { way, workMs, isAlone } = run
          const hot = { way, workMs, waiters: isAlone === true ? 1 : waiters, atMost }
          const result = await once(redis, processes.slice(0, run.processes), hot)
          if (round >= 0) measured[at]?.push(result)
        }
        log(round < 0 ? 'warming up' : `round ${round + 1} of ${rounds}`)
      }
    } finally {
      await Promise.all(processes.map((child) => child.stop()))
    }
    const counts: Record<string, number> = {}
    const serial = median((measured[runs.findIndex(({ isAlone }) => isAlone)] ?? []).map(({ perSecond }) => perSecond))
    const rows = runs.map(({ way, workMs, processes: count, isAlone }, at): FigureRow => {
      const results = measured[at] ?? []
      const sum = (of: (one: Measured) => number): number => results.reduce((all, one) => all + of(one), 0)
      const middle = (of: (one: Measured) => number): number => median(results.map(of))
      const ideal = count * waiters * workMs
      const name = isAlone === true ? 'alone' : `${way}, ${count} processes, ${workMs} ms`
      const ofSerial = workMs === 0 ? middle(({ perSecond }) => perSecond) / serial : undefined
      counts[`${name}: turns`] = sum(({ turns }) => turns)
      counts[`${name}: lost`] = sum(({ lost }) => lost)
      counts[`${name}: out of turn`] = sum(({ outOfTurn }) => outOfTurn)
      const row = {
        processes: count,
        'work, ms': workMs,
        waiting: isAlone === true ? 'nobody else is there' : ways[way],
        'hand-offs a second': shown(middle(({ perSecond }) => perSecond)),
        'times alone': ofSerial === undefined ? '' : String(shown(ofSerial)),
        'commands a hand-off': shown(middle(({ commandsEach }) => commandsEach)),
        'Jain, processes': shown(middle(({ fairOverProcesses }) => fairOverProcesses)),
        'Jain, waiters': shown(middle(({ fairOverWaiters }) => fairOverWaiters)),
        'median wait, ms': shown(middle(({ p50Ms }) => p50Ms)),
        '99 % wait, ms': shown(middle(({ p99Ms }) => p99Ms)),
        'times the ideal': ideal === 0 ? '' : String(shown(middle(({ p99Ms }) => p99Ms) / ideal)),
        'longest wait, ms': shown(Math.max(...results.map(({ longestMs }) => longestMs))),
        'held, ms': shown(middle(({ heldMs }) => heldMs)),
        'out of turn': counts[`${name}: out of turn`] ?? Number.NaN,
        'goals missed': way === 'holdfast' ? missed(results, ideal, ofSerial).join(', ') || 'none' : '',
      }
      if (way === 'holdfast') log(`${count} processes, ${workMs} ms of work: goals missed: ${row['goals missed']}`)
      return row
    })
    return { counts, rows }
  },
}

/** The goals, of the medians over the rounds. */
function missed(results: readonly Measured[], idealMs: number, ofSerial = Infinity): string[] {
  const middle = (of: (one: Measured) => number): number => median(results.map(of))
  return [
    middle(({ commandsEach }) => commandsEach) <= COMMANDS_GOAL ? '' : `commands at most ${COMMANDS_GOAL}`,
    middle(({ fairOverProcesses }) => fairOverProcesses) >= FAIRNESS_GOAL ? '' : `Jain at least ${FAIRNESS_GOAL}`,
    idealMs === 0 || middle(({ p99Ms }) => p99Ms) <= WAIT_GOAL * idealMs ? '' : `99 % wait at most ${WAIT_GOAL} times the ideal`,
    ofSerial >= SERIAL_GOAL ? '' : `at least ${SERIAL_GOAL} times alone`,
    results.every(({ outOfTurn }) => outOfTurn === 0) ? '' : 'first come, first served',
  ].filter((goal) => goal !== '')
}

async function once(redis: RedisServer, processes: readonly Child<HotProtocol>[], run: HotRun): Promise<Measured> {
  const [first] = processes
  if (first === undefined) throw new RangeError('no process')
  const id = await first.ask('create', undefined)
  const commandsBefore = await scriptCalls(redis)
  const results: HotResult[] = await Promise.all(processes.map((child) => child.ask('run', { ...run, id })))
  const commands = (await scriptCalls(redis)) - commandsBefore
  const sumOf = (of: (result: HotResult) => number): number => results.reduce((all, result) => all + of(result), 0)
  const inTime = ({ inTime: each }: HotResult): number => each.reduce((all, had) => all + had, 0)
  const turns = sumOf((result) => result.turns)
  const waits = results.flatMap((result) => result.waits).toSorted((one, other) => one - other)
  const quantile = (share: number): number => waits[Math.floor(share * waits.length)] ?? Number.NaN
  return {
    turns,
    perSecond: sumOf((result) => inTime(result) / result.seconds),
    commandsEach: commands / turns,
    fairOverProcesses: fairness(results.map(inTime)),
    fairOverWaiters: fairness(results.flatMap((result) => result.inTime)),
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    longestMs: waits.at(-1) ?? Number.NaN,
    heldMs: sumOf(({ heldMs }) => heldMs) / turns,
    outOfTurn: sumOf(({ outOfTurn }) => outOfTurn),
    lost: turns - (await first.ask('count', { id })),
  }
}

/** Commands that the driver has sent up to now: all that it sends here are scripts, and no script runs another. */
async function scriptCalls(redis: RedisServer): Promise<number> {
  const stats = await redis.info('commandstats')
  return ['evalsha', 'eval'].reduce((sum, name) => sum + Number(/calls=(\d+)/.exec(stats.get(`cmdstat_${name}`) ?? 'calls=0')?.[1]), 0)
}

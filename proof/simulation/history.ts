import { time } from './virtual-time.ts'
import { randomBytes } from '../../src/session/random.ts'
import type { Data } from './checks.ts'
import { planOf } from './plan.ts'
import type { Plan } from './plan.ts'
import { LEASE_MS } from './process.ts'
import { World } from './world.ts'

/** What came of one history. */
export interface HistoryResult {
  readonly seed: number
  readonly steps: number
  readonly faults: number
  readonly requests: number
  readonly violations: readonly string[]
  /** Names the choices that were made, in their order: two histories of one name are the same. */
  readonly name: number
}

const MOST_STEPS = 20_000
const MOST_END_STEPS = 1000
const REPLAYED = 3

/** One history: some processes, some visitors, some faults, and then on without faults to the end. */
export async function runHistory(seed: number, told?: (line: string) => void): Promise<HistoryResult> {
  time.reset(seed)
  // As much as the pool of random bytes holds: what it has left is from the history before.
  randomBytes(4096)
  const plan = planOf(time.random)
  const world = new World(seed, plan, told)
  let { requests, faults } = plan
  requests -= 1
  await world.begin(plan.deeds.includes('login') ? 'login' : 'count')
  for (;;) {
    const chosen = await step(world, plan, requests, faults)
    if (chosen === undefined) break
    if (chosen === 'begin') requests -= 1
    if (chosen === 'fault') faults -= 1
    if (world.steps > MOST_STEPS) {
      world.violated('it came to no end')
      break
    }
  }
  await look(world)
  world.promises.atEnd(world.store, (payload): Partial<Data> => JSON.parse(payload), plan.faults === 0)
  const { steps, promises, begun, name } = world
  return { seed, steps, faults: plan.faults - faults, requests: begun, violations: promises.violations, name }
}

type Choice = 'apply' | 'late' | 'answer' | 'turn' | 'begin' | 'fault' | 'time'

/** Makes one choice. `undefined` when there is none: all is over. */
async function step(world: World, { deeds, kinds }: Plan, requests: number, faults: number): Promise<Choice | undefined> {
  const { sent, late, applied, turns, alive } = world
  const weights: Readonly<Record<Choice, number>> = {
    apply: sent.length > 0 ? 10 : 0,
    // Slow, so that it lands after other things.
    late: late.length > 0 ? 0.7 : 0,
    answer: applied.length > 0 ? 10 : 0,
    turn: turns.length > 0 ? 8 : 0,
    begin: requests === 0 || alive.length === 0 ? 0 : world.open > 3 ? 1 : 5,
    fault: faults > 0 && world.begun > 1 ? 2 : 0,
    time: world.open > 0 || requests > 0 || sent.length > 0 || applied.length > 0 ? 0.6 : 0,
  }
  const choice = weighted(weights)
  if (choice === undefined) return undefined
  world.note(choice)
  world.steps += 1
  if (choice === 'apply') world.apply(time.random.pick(sent))
  else if (choice === 'late') world.apply(time.random.pick(late))
  else if (choice === 'answer') await world.answer(time.random.pick(applied))
  else if (choice === 'turn') await world.goOn(time.random.pick(turns))
  else if (choice === 'begin') await world.begin(time.random.pick(deeds))
  else if (choice === 'fault') await world.fault(time.random.pick(kinds))
  else await world.pass()
  world.network.tidy()
  return choice
}

function weighted(weights: Readonly<Record<Choice, number>>): Choice | undefined {
  const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0)
  let left = (time.random.below(1_000_000) / 1_000_000) * total
  for (const choice of ['apply', 'late', 'answer', 'turn', 'begin', 'fault', 'time'] as const) {
    left -= weights[choice]
    if (weights[choice] > 0 && left <= 0) return choice
  }
  return undefined
}

/** When all is over: whoever has a session is served, whoever comes with an old id gets what it leads to, and no lock stays. */
async function look(world: World): Promise<void> {
  time.nowMs += 4 * LEASE_MS
  if (world.store.leases() > 0) world.violated(`${world.store.leases()} leases stay`)
  for (const visitor of world.visitors) {
    const deeds = ['count', ...visitor.earlier.slice(-REPLAYED).map(() => 'replay' as const)] as const
    for (const deed of deeds) {
      const answer = { isThere: false }
      await world.begin(deed, visitor, (error) => {
        answer.isThere = true
        // Its browser was given the cookie of before a login after that of the login.
        if (error !== undefined && Reflect.get(Object(error), 'code') !== 'ERR_SESSION_READONLY')
          world.violated(`in the end ${deed} is not served: ${String(error)}`)
      })
      for (let at = 0; !answer.isThere && at < MOST_END_STEPS; at++) {
        world.steps += 1
        const [sent] = world.sent
        const [applied] = world.applied
        const [turn] = world.turns
        if (applied !== undefined) await world.answer(applied)
        else if (turn !== undefined) await world.goOn(turn)
        else if (sent !== undefined) world.apply(sent)
        else await world.pass()
        world.network.tidy()
      }
      if (!answer.isThere) world.violated('in the end a visitor waits')
    }
  }
}

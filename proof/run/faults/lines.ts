// What happens to the connections between clients and the application, and between the application and its store.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Proxy } from '../../faults/proxy.ts'
import type { Host } from '../host.ts'
import type { Random } from '../plan.ts'
import { between, everywhere, type HostFault, overServers, type Turn } from './fault.ts'

/** How long a cut that waits for something may wait. */
const PATIENCE_MS = 500
const ANSWERS = 6
const BYTES = 2000

interface LineFault {
  readonly name: string
  readonly what: string
  readonly strike: (line: Proxy, turn: Turn) => Promise<boolean>
}

const faults: readonly LineFault[] = [
  {
    name: 'cut',
    what: 'are reset at some byte',
    strike: async (line, { random }) => await happens(line.cutAfterBytes(direction(random), between(1, BYTES, random)).happened),
  },
  {
    name: 'cut-answer',
    what: 'are reset when an answer begins, before a byte of it has passed',
    strike: async (line, { random }) => await happens(line.cutAtAnswer(between(1, ANSWERS, random)).happened),
  },
  {
    name: 'delay',
    what: 'carry each byte later, up to longer than a lease',
    strike: async (line, { random, leaseMs }) => {
      line.delay(between(20, 1.2 * leaseMs, random), random() < 0.3 ? undefined : direction(random))
      await sleep(between(100, leaseMs, random))
      return true
    },
  },
  {
    name: 'throttle',
    what: 'trickle, some thousand bytes a second',
    strike: async (line, { random, leaseMs }) => {
      line.throttle(between(1000, 20_000, random), random() < 0.3 ? undefined : direction(random))
      await sleep(between(100, leaseMs, random))
      return true
    },
  },
  {
    name: 'half-close',
    what: 'are ended in one direction',
    strike: async (line, { random }) => {
      const hadSome = line.connections > 0
      line.halfClose(direction(random))
      await sleep(between(0, 50, random))
      line.cut()
      return hadSome
    },
  },
  {
    name: 'silence',
    what: 'carry nothing, up to longer than a lease, and then what has waited',
    strike: async (line, { random, leaseMs }) => {
      line.blackhole(random() < 0.3 ? undefined : direction(random))
      await sleep(between(0.3 * leaseMs, 1.5 * leaseMs, random))
      return true
    },
  },
]

/** The same faults on either side of an application process. */
export const lineFaults: readonly HostFault[] = faults.flatMap((fault): HostFault[] => [
  {
    scope: 'host',
    name: `client-${fault.name}`,
    what: `connections from clients ${fault.what}`,
    fits: everywhere,
    strike: (host, turn) => strikeLine(host, host.clientLine, fault, turn),
  },
  {
    scope: 'host',
    name: `store-${fault.name}`,
    what: `connections to the store ${fault.what}`,
    fits: overServers,
    strike: (host, turn) => strikeLine(host, host.storeLine, fault, turn),
  },
])

async function strikeLine(host: Host, line: Proxy, { strike }: LineFault, turn: Turn): Promise<boolean> {
  const hasStruck = await strike(line, turn)
  await line.heal()
  if (line === host.clientLine) host.hangUp()
  return hasStruck
}

/** Whether a planned cut was made in time. */
async function happens(happened: Promise<undefined>): Promise<boolean> {
  const over = new AbortController()
  const tooLate = sleep(PATIENCE_MS, false, { signal: over.signal }).catch(() => false)
  const isMade = await Promise.race([happened.then(() => true), tooLate])
  over.abort()
  return isMade
}

function direction(random: Random): 'toServer' | 'toClient' {
  return random() < 0.5 ? 'toServer' : 'toClient'
}

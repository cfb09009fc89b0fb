import { type Summary, violationsIn } from '../../proof/run/summary.ts'
import { CLIENT_PACKAGES } from '../redis/clients.ts'
import { heldOf } from '../soak/leftovers.ts'
import { type Soaked, type SoakResult, soak } from '../soak/soak.ts'
import { type Figure, type FigureRow, named } from './figure.ts'

const sizes = {
  full: { ms: 600_000, everyMs: 3000, clients: 200, hosts: 3 },
  small: { ms: 5000, everyMs: 500, clients: 20, hosts: 2 },
}
const drivers = ['redis', 'file'] as const

export const figure: Figure = {
  name: 'soak',
  title: 'What processes of an application keep of ten minutes of use with faults, beside one that nobody uses',
  peers: CLIENT_PACKAGES,
  async run(size, { seed, log }) {
    const counts: Record<string, number> = {}
    const rows: FigureRow[] = []
    // One after the other: each has the machine to itself, and with it the idle process beside it.
    for (const driver of drivers) {
      const result = await soak({ ...sizes[size], driver, seed, log })
      Object.assign(counts, named(driver, countsOf(result)))
      for (const [at, process] of result.loaded.entries()) {
        rows.push(rowOf(result, `${at + 1} of ${result.loaded.length}`, process))
        Object.assign(counts, named(`${driver}, process ${at + 1}`, leftOf(process)))
      }
      rows.push(rowOf(result, 'idle', result.idle))
      Object.assign(counts, named(`${driver}, idle`, leftOf(result.idle)))
    }
    return { counts, rows }
  },
}

function countsOf({ summary }: SoakResult): Record<string, number> {
  const { operations, failed, unknown, undecided, faults } = summary
  return { operations, failed, unknown, undecided, violations: violationsIn(summary), ...faults }
}

function leftOf({ readings, requests, heapSlope, filesAtRest, left }: Soaked): Record<string, number> {
  return {
    readings,
    requests,
    'heap, bytes a minute': Math.round(heapSlope),
    'files open at rest': filesAtRest,
    'handles left': heldOf(left, 'active '),
    'descriptors left': heldOf(left, 'open '),
    'timers left': heldOf(left, 'timers'),
    'sockets left': heldOf(left, 'sockets'),
    'sessions left': heldOf(left, 'sessions'),
  }
}

function rowOf({ summary }: SoakResult, process: string, soaked: Soaked): FigureRow {
  const { requests, heap, heapSlope, requestsAMinute, resident, residentSlope, late, filesAtRest, left } = soaked
  const isIdle = requests === 0
  return {
    store: summary.title,
    process,
    requests,
    'heap after gc, MB': rounded(heap / 1e6),
    'it grows, kB a minute': rounded(heapSlope / 1000),
    'of itself, % a minute': rounded((100 * heapSlope) / heap),
    'a request, bytes': isIdle ? '' : rounded(heapSlope / requestsAMinute),
    'RSS in the end, MB': rounded(resident / 1e6),
    'it grows by, kB a minute': rounded(residentSlope / 1000),
    'files open at rest': filesAtRest,
    'handles left': heldOf(left, 'active '),
    'descriptors left': heldOf(left, 'open '),
    'timers, sockets, sessions left in memory': ['timers', 'sockets', 'sessions'].reduce((sum, kind) => sum + heldOf(left, kind), 0),
    'loop late, ms: median': rounded(late.median),
    p99: rounded(late.p99),
    longest: rounded(late.longest),
    'faults, of all processes': isIdle ? '' : struckIn(summary),
    violations: isIdle ? '' : violationsIn(summary),
  }
}

function struckIn({ faults }: Summary): number {
  return Object.values(faults).reduce((sum, struck) => sum + struck, 0)
}

/** Two digits behind the point are more than the machine holds still for. */
function rounded(value: number): number {
  return Math.round(100 * value) / 100
}

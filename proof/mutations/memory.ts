import { mutation, proof, tests } from './mutation.ts'
import type { Mutation } from './mutation.ts'

const MEMORY = 'src/drivers/memory.ts'

export const memoryMutations: readonly Mutation[] = [
  mutation(
    'memory: a merge does not look at the version',
    proof('memory', 'client-delay'),
    MEMORY,
    '    if (!sameVersion(entry.record.version, version)) return CONFLICT\n    const next = recordOf(record, version.counter + 1, now)\n',
    '    const next = recordOf(record, version.counter + 1, now)\n',
  ),
  mutation(
    'memory: a lease is given though another lives',
    tests('test/drivers/memory.test.ts'),
    MEMORY,
    '    if (entry.leaseToken !== token && isLeased(entry, now)) return BUSY\n',
    '',
  ),
  mutation(
    'memory: a commit looks neither at the lease nor at the version',
    proof('memory', 'stop', 'stall'),
    MEMORY,
    '    if (entry?.record === undefined) return GONE\n    if (!holds(entry, lease, now)) return LOST\n    let next = entry.record\n',
    '    if (entry?.record === undefined) return GONE\n    let next = entry.record\n',
  ),
  mutation(
    'memory: a lease that is handed on keeps its token',
    tests('test/drivers/memory.test.ts'),
    MEMORY,
    '      entry.leaseToken = keepLease\n',
    '',
  ),
]

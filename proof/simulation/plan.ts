import type { Random } from './seeded.ts'
import type { Deed } from './visit.ts'

/** What can go wrong. */
export type FaultKind = 'crash' | 'stop' | 'command lost' | 'answer lost' | 'command late' | 'copy' | 'clock' | 'hang up'

/** What a history is made of. Most have a few kinds of deeds and faults only, so that rare ones meet often. */
export interface Plan {
  readonly deeds: readonly Deed[]
  readonly kinds: readonly FaultKind[]
  readonly faults: number
  readonly requests: number
  readonly processes: number
  readonly visitors: number
}

const DEEDS: readonly Deed[] = [
  'count',
  'count',
  'merge',
  'merge',
  'read',
  'save',
  'login',
  'rotate',
  'rotate',
  'logout',
  'leave',
  'replay',
  'revoke',
  'invent',
  'fail',
]
const KINDS: readonly FaultKind[] = ['crash', 'stop', 'command lost', 'answer lost', 'command late', 'copy', 'clock', 'hang up']

/** What must meet for a promise to be broken in ways that are known: half of the histories are of these. */
const MEETINGS: readonly Pick<Plan, 'deeds' | 'kinds'>[] = [
  { deeds: ['leave', 'leave', 'rotate'], kinds: ['crash', 'stop'] },
  { deeds: ['leave', 'logout', 'rotate', 'merge'], kinds: ['answer lost', 'command late', 'crash'] },
  { deeds: ['merge', 'merge', 'rotate'], kinds: ['answer lost', 'copy', 'command late'] },
  { deeds: ['rotate', 'rotate', 'count'], kinds: ['command late', 'answer lost', 'clock', 'stop'] },
  { deeds: ['rotate'], kinds: ['copy', 'copy', 'clock'] },
  { deeds: ['login', 'revoke', 'rotate'], kinds: ['stop', 'answer lost', 'crash'] },
]

export function planOf(random: Random): Plan {
  const some = <Item>(items: readonly Item[], most: number): Item[] =>
    Array.from({ length: 1 + random.below(most) }, () => random.pick(items))
  const meeting = random.perMille(500) ? random.pick(MEETINGS) : undefined
  return {
    deeds: meeting?.deeds ?? [random.pick(['count', 'merge'] as const), ...some(DEEDS, 6)],
    kinds: meeting?.kinds ?? some(KINDS, 3),
    faults: random.perMille(150) ? 0 : 1 + random.below(7),
    requests: 4 + random.below(9),
    processes: 2 + random.below(2),
    visitors: 1 + random.below(2),
  }
}

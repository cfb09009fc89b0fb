import type { Host } from '../host.ts'
import type { Random } from '../plan.ts'
import type { Store } from '../store.ts'

/** What a fault has to hand when it strikes. */
export interface Turn {
  readonly random: Random
  readonly leaseMs: number
  /** How often it has struck before. */
  readonly count: number
}

interface Named {
  /** What the command line calls it. */
  readonly name: string
  /** What happens, in a line. */
  readonly what: string
  /** Whether there is such a thing over this store. */
  readonly fits: (store: Store) => boolean
}

/** Strikes one application process or a line of it, while the others go on. */
export interface HostFault extends Named {
  readonly scope: 'host'
  /** Makes it, and makes good again what would not pass by itself. Answers whether it has struck. */
  readonly strike: (host: Host, turn: Turn) => Promise<boolean>
}

/** Strikes the store, and with it all. */
export interface StoreFault extends Named {
  readonly scope: 'store'
  readonly strike: (store: Store, turn: Turn) => Promise<boolean>
}

export type Fault = HostFault | StoreFault

/** A random time up to a bound, and from another on. */
export function between(fromMs: number, toMs: number, random: Random): number {
  return Math.round(fromMs + random() * (toMs - fromMs))
}

export const everywhere = (): boolean => true
export const overServers = ({ server }: Store): boolean => server !== undefined
export const onDisks = ({ folder }: Store): boolean => folder !== undefined

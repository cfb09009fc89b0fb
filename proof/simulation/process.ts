import { SessionManager } from '../../src/manager/session-manager.ts'
import type { Data } from './checks.ts'
import { SimulatedDriver } from './driver.ts'
import type { Network } from './line.ts'
import type { ModelStore } from './store.ts'
import { time } from './virtual-time.ts'

export const LEASE_MS = 1000

/** One of the processes that serve: the real manager, on a driver of its own. */
export class Process {
  readonly manager: SessionManager<Data>
  isAlive = true
  /** Until when it does not run, as after SIGSTOP. */
  stoppedUntil = 0

  constructor(network: Network, store: ModelStore) {
    this.manager = new SessionManager<Data>({
      driver: new SimulatedDriver(this, network, store),
      collectEverySeconds: 0,
      onGone: 'throw',
      lock: { waitSeconds: 12, leaseSeconds: LEASE_MS / 1000, maxHoldSeconds: 360 },
      lifetime: { idleSeconds: 86_400, absoluteSeconds: 0, touchEverySeconds: 60, graceSeconds: 24 },
      cookie: { secure: false },
    })
  }

  get runs(): boolean {
    return this.isAlive && this.stoppedUntil <= time.nowMs
  }
}

import type { OpenSession } from '../../../src/manager/open-session.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { FaultPlan, FaultyLine } from '../../support/shaky-line.ts'
import type { Line, ShakyOp } from '../../support/shaky-line.ts'
import { ShakyDriver } from '../../support/shaky-driver.ts'
import { ShakyStore } from '../../support/shaky-store.ts'
import { idIn, keyOf, visit } from './shop.ts'
import type { Options } from './shop.ts'

/** Two processes with one store, each over a line of its own that has the faults which a test plans. */
export interface ShakyShop {
  readonly store: ShakyStore
  readonly here: Process
  readonly there: Process
}

export interface Process {
  readonly sessions: SessionManager
  readonly driver: ShakyDriver
  readonly faults: FaultPlan
  /** The commands that it has sent. */
  readonly sent: ShakyOp[]
}

export function openShakyShop(options: Options = {}): ShakyShop {
  const store = new ShakyStore()
  return { store, here: processOf(store, options), there: processOf(store, options) }
}

function processOf(store: ShakyStore, options: Options): Process {
  const faults = new FaultPlan()
  const faulty = new FaultyLine(store, faults)
  const sent: ShakyOp[] = []
  const line: Line = {
    call: (op, command) => {
      sent.push(op)
      return faulty.call(op, command)
    },
  }
  const driver = new ShakyDriver({ store, faults, line })
  return { driver, faults, sent, sessions: new SessionManager({ driver, clock: store.clock.now, ...options }) }
}

/** Stores a session and gives its id. */
export async function stored({ sessions, sent }: Process): Promise<string> {
  const open = await visit(sessions)
  open.session.set('n', 0)
  const id = idIn((await open.commit()).setCookie) ?? ''
  sent.length = 0
  return id
}

/** A request that raises the counter and, when told, moves the session. Gives the id that its response sends. */
export async function increment(
  { sessions }: Process,
  id: string,
  act?: (open: OpenSession) => Promise<void>,
): Promise<string | undefined> {
  const open = await visit(sessions, id)
  if (open.session.isNew) throw new Error('the session is not there')
  open.session.increment('n')
  await act?.(open)
  return idIn((await open.commit()).setCookie)
}

/** The counter of a session, read past every lock; `undefined` when the id leads to no session. */
export async function countOf({ sessions }: Process, id: string): Promise<unknown> {
  const session = await sessions.start(id, { concurrency: 'readonly' })
  return session.isNew ? undefined : session.get('n')
}

/** The store's leases that live. */
export function leases({ rows, clock }: ShakyStore): string[] {
  return [...rows].filter(([, { lease }]) => lease !== undefined && lease.endsAt > clock.now()).map(([key]) => key)
}

export function rowOf({ rows }: ShakyStore, id: string): unknown {
  return rows.get(keyOf(id))
}

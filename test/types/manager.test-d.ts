import type { LockingDriver, SessionDriver } from '../../src/contracts/driver.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import type { Session } from '../../src/session/session.ts'

declare const driver: LockingDriver
declare const withoutLocks: SessionDriver
declare const isAlone: boolean

// A driver with locks takes every way.
void new SessionManager({ driver })
void new SessionManager({ driver, concurrency: 'exclusive' })
void new SessionManager({ driver, concurrency: 'readonly' })
void new SessionManager({ driver, assumeSingleProcess: true })
void new SessionManager({ driver, assumeSingleProcess: isAlone })

// One without takes the ways that need none.
void new SessionManager({ driver: withoutLocks, concurrency: 'readonly' })
void new SessionManager({ driver: withoutLocks, concurrency: 'merge', assumeSingleProcess: isAlone })
void new SessionManager({ driver: withoutLocks, assumeSingleProcess: true })
void new SessionManager({ driver: withoutLocks, concurrency: 'exclusive', assumeSingleProcess: true })
// @ts-expect-error exclusive needs locks
void new SessionManager({ driver: withoutLocks })
// @ts-expect-error exclusive needs locks
void new SessionManager({ driver: withoutLocks, concurrency: 'exclusive' })
// @ts-expect-error exclusive needs locks
void new SessionManager({ driver: withoutLocks, assumeSingleProcess: false })
// @ts-expect-error exclusive needs locks
void new SessionManager({ driver: withoutLocks, assumeSingleProcess: isAlone })

// Options and their values are checked.
// @ts-expect-error a driver is needed
void new SessionManager({})
// @ts-expect-error no such option
void new SessionManager({ driver, maxAge: 5 })
// @ts-expect-error no such option
void new SessionManager({ driver, lifetime: { idleMs: 5 } })
// @ts-expect-error seconds are a number
void new SessionManager({ driver, lifetime: { idleSeconds: '5' } })
// @ts-expect-error no such way
void new SessionManager({ driver, concurrency: 'optimistic' })
// @ts-expect-error no such policy
void new SessionManager({ driver, onUnreadable: 'ignore' })
// @ts-expect-error made anew for each session
void new SessionManager({ driver, bags: [] })

interface Data {
  user: { name: string }
  visits: number
}
const sessions = new SessionManager<Data>({ driver })
const session = await sessions.start('id', { concurrency: 'readonly' })
const name: string | undefined = session.get('user.name')
const visits: number = session.get('visits', 0)
await sessions.run(undefined, (open) => {
  open.set('visits', 1)
  open.increment('visits')
  // @ts-expect-error no such path
  open.set('user.nam', 'Ada')
  // @ts-expect-error a name is a text
  open.set('user.name', 5)
  // @ts-expect-error a name is no number
  open.increment('user.name')
})
const result: number = await sessions.run('id', async (open) => open.get('visits', 0))
void [name, visits, result]

// @ts-expect-error an id is a text
await sessions.start(5)
// @ts-expect-error no such way
await sessions.start('id', { concurrency: 'optimistic' })
// @ts-expect-error no setter: start takes the id
session.id = 'id'
// @ts-expect-error no setter
session.isStarted = true

// What is told is typed by its kind.
const stop: () => void = sessions.on('refused', ({ reason, key }) => {
  const why: string = reason
  void [why, key]
  // @ts-expect-error no such reason
  if (reason === 'weather') throw new Error('never')
})
sessions.on('collected', ({ removed }) => removed.toFixed())
// @ts-expect-error no such kind
sessions.on('exploded', () => undefined)
void stop

// A session of other data is another type, whatever of it is the same.
declare const some: Session<{ user: { name: string } }>
declare const all: Session<Data>
declare const anything: Session<any> // oxlint-disable-line typescript/no-explicit-any -- applications have it
const taken: Session<Data>[] = [all, anything]
// @ts-expect-error it may be set what it does not hold
taken.push(some)
// @ts-expect-error it may be set anything
const open: Session = all
// @ts-expect-error a manager makes one kind
const other: SessionManager = sessions
void [open, other]

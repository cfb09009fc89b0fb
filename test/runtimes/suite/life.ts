import type { LockingDriver } from '../../../src/contracts/driver.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import type { SessionManagerOptions } from '../../../src/manager/options.ts'
import type { DefaultData } from '../../../src/session/path-types.ts'
import type { SessionBag } from '../../../src/session/session-bag.ts'
import type { Session } from '../../../src/session/session.ts'
import { equal, rejects } from '../../../src/testing/assert.ts'
import { turn } from './kit.ts'
import type { RuntimeCase } from './kit.ts'

type Options = Omit<SessionManagerOptions<DefaultData> & { readonly driver: LockingDriver }, 'driver'>

class Cart implements SessionBag {
  readonly name = 'cart'
  readonly storageKey = '_cart'
  items: Record<string, unknown> = {}

  initialize(data: Record<string, unknown>): void {
    this.items = data
  }

  add(item: string): void {
    this.items[item] = Number(this.items[item] ?? 0) + 1
  }

  clear(): Record<string, unknown> {
    const before = { ...this.items }
    for (const item of Object.keys(this.items)) delete this.items[item]
    return before
  }
}

/** A session's life on one store, from its first value to its end. */
export function lifeCases(store: string, newDriver: () => LockingDriver): RuntimeCase[] {
  const manager = (options: Partial<Options> = {}): SessionManager =>
    new SessionManager({ ...options, driver: newDriver(), lock: { waitSeconds: 20 } })
  const made = async (sessions: SessionManager, fill: (session: Session) => unknown): Promise<string> =>
    sessions.run(undefined, async (session) => {
      await fill(session)
      return session.id
    })
  /** A case with a manager that is closed afterwards. */
  const named = (name: string, body: (sessions: SessionManager) => Promise<void>, options?: Partial<Options>): RuntimeCase => ({
    name: `${store}: ${name}`,
    body: async () => {
      const sessions = manager(options)
      try {
        await sessions.ready()
        await body(sessions)
      } finally {
        await sessions.close()
      }
    },
  })

  return [
    named('a session keeps what it was given, for the next request', async (sessions) => {
      const at = new Date(1_700_000_000_000)
      const id = await made(sessions, (session) => {
        session.set('user.name', 'Ada')
        session.set('at', at)
        session.set('tags', new Set(['a', 'ä', '😀']))
      })
      await sessions.run(id, (session) => {
        equal(
          [session.isNew, session.get('user.name'), session.has('user.age'), session.get('none', 'default')],
          [false, 'Ada', false, 'default'],
        )
        equal(session.get('at'), at)
        equal([...Object(session.get('tags'))], ['a', 'ä', '😀'])
        equal([session.pull('user.name'), session.increment('n', 2)], ['Ada', 2])
      })
      await sessions.run(id, (session) => equal([session.get('user.name'), session.get('n')], [undefined, 2]))
    }),
    named('a session that nobody gave anything is not stored, and an unknown id is not adopted', async (sessions) => {
      const unknown = await made(sessions, () => undefined)
      await sessions.run(unknown, (session) => equal([session.isNew, session.id === unknown], [true, false]))
    }),
    named(
      'an own bag is kept beside the attributes',
      async (sessions) => {
        const id = await made(sessions, (session) => (session.bag('cart') as Cart).add('tea'))
        await sessions.run(id, (session) => {
          equal([(session.bag('cart') as Cart).items, session.get('tea')], [{ tea: 1 }, undefined])
        })
      },
      { bags: () => [new Cart()] },
    ),
    named('flash data is there in the next request, and then gone', async (sessions) => {
      const id = await made(sessions, (session) => session.flash('notice', 'Saved.'))
      const seen: unknown[] = []
      for (let request = 0; request < 2; request++) await sessions.run(id, (session) => seen.push(session.getFlash('notice')))
      equal(seen, ['Saved.', undefined])
    }),
    named('parallel requests of one session lose no update', async (sessions) => {
      const id = await made(sessions, (session) => session.set('n', 0))
      const count = async (session: Session): Promise<void> => {
        const before = Number(session.get('n'))
        await turn()
        session.set('n', before + 1)
      }
      await Promise.all(Array.from({ length: 40 }, () => sessions.run(id, count)))
      await sessions.run(id, (session) => equal(session.get('n'), 40))
    }),
    named('a request that waits in vain for the lock is told so, and the holder goes on', async (sessions) => {
      const id = await made(sessions, (session) => session.set('n', 1))
      const holder = await sessions.start(id)
      await rejects(sessions.start(id, { signal: AbortSignal.timeout(20) }), 'ERR_SESSION_ABORTED')
      holder.set('n', 2)
      await holder.save()
      await sessions.run(id, (session) => equal(session.get('n'), 2))
    }),
    named('a new id takes everything along, and the old one leads to it', async (sessions) => {
      const old = await made(sessions, (session) => session.set('n', 1))
      const next = await sessions.run(old, async (session) => {
        await session.regenerate()
        session.set('n', 2)
        return session.id
      })
      equal(next === old, false)
      for (const id of [next, old]) await sessions.run(id, (session) => equal([session.id, session.get('n')], [next, 2]))
    }),
    named('a login leaves nothing under the old id', async (sessions) => {
      const old = await made(sessions, (session) => session.set('cart', 1))
      const next = await sessions.run(old, async (session) => {
        await session.regenerate({ destroy: true })
        session.setUserId(7)
        return session.id
      })
      await sessions.run(next, (session) => equal([session.get('cart'), session.metadata.userId], [1, '7']))
      await sessions.run(old, (session) => equal(session.get('cart'), undefined), { concurrency: 'readonly' })
    }),
    named('a session that was ended stays so, whatever a late request stores', async (sessions) => {
      const id = await made(sessions, (session) => session.set('n', 1))
      const late = await sessions.start(id, { concurrency: 'merge' })
      await sessions.run(id, (session) => session.destroy(), { concurrency: 'merge' })
      late.set('n', 2)
      await rejects(late.save(), 'ERR_SESSION_GONE')
      await sessions.run(id, (session) => equal([session.isNew, session.get('n')], [true, undefined]))
    }),
    named('requests that merge each keep what they changed', async (sessions) => {
      const id = await made(sessions, (session) => session.set('n', 0))
      const count = async (session: Session, each: number): Promise<void> => {
        await turn()
        session.increment('n')
        session.set(`seen.${each}`, true)
      }
      const merging = Array.from({ length: 10 }, (_, each) => sessions.run(id, (session) => count(session, each), { concurrency: 'merge' }))
      await Promise.all(merging)
      await sessions.run(id, (session) => equal([session.get('n'), Object.keys(Object(session.get('seen'))).length], [10, 10]))
    }),
    named('the sessions of a user are listed and ended', async (sessions) => {
      const ids = [1, 2].map(() => made(sessions, (session) => session.setUserId('ada')))
      const [id = ''] = await Promise.all(ids)
      equal((await sessions.list({ userId: 'ada' })).sessions.length, 2)
      equal(await sessions.revokeUser('ada'), 2)
      await sessions.run(id, (session) => equal(session.isNew, true))
    }),
  ]
}

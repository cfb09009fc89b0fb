import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { EncryptedSerializer } from '../../../src/serializers/encrypted.ts'
import { assert, equal } from '../../../src/testing/assert.ts'
import type { RuntimeCase } from './kit.ts'

const V1 = '00112233445566778899aabbccddeeff0f1e2d3c4b5a69788796a5b4c3d2e1f0'
const V2 = 'f0e1d2c3b4a5968778695a4b3c2d1e0fffeeddccbbaa99887766554433221100'

/** Sessions that lie sealed in their store. */
export function sealedCases(): RuntimeCase[] {
  return [
    {
      name: 'sealed: a session comes back, and the store has nothing that can be read',
      body: async () => {
        const driver = new MemoryDriver({ acknowledged: true })
        const sessions = new SessionManager({ driver, serializer: new EncryptedSerializer({ keys: { v1: V1 } }) })
        const id = await sessions.run(undefined, (session) => {
          session.set('secret', 'swordfish')
          session.flash('notice', 'swordfish')
          return session.id
        })
        const { sessions: kept } = await driver.list()
        equal(kept.length, 1)
        assert(!JSON.stringify(kept).includes('swordfish'), 'the store has the plain text')
        const read = await driver.read(kept[0]?.key ?? Object(undefined))
        assert(read !== undefined && !JSON.stringify(read).includes('swordfish'), 'the record has the plain text')
        await sessions.run(id, (session) => equal([session.get('secret'), session.getFlash('notice')], ['swordfish', 'swordfish']))
        await sessions.close()
      },
    },
    {
      name: 'sealed: a session outlives a change of keys, and a key that is gone opens nothing',
      body: async () => {
        const driver = new MemoryDriver({ acknowledged: true })
        const withKeys = (keys: ConstructorParameters<typeof EncryptedSerializer>[0]['keys']): SessionManager =>
          new SessionManager({ driver, serializer: new EncryptedSerializer({ keys }) })
        const id = await withKeys({ v1: V1 }).run(undefined, (session) => {
          session.set('n', 1)
          return session.id
        })
        await withKeys({ v2: V2, v1: { key: V1, state: 'opens' } }).run(id, (session) => equal(session.increment('n'), 2))
        await withKeys({ v2: V2 }).run(id, (session) => equal([session.id, session.get('n')], [id, 2]))
        await withKeys({ v1: V1 }).run(id, (session) => equal(session.isNew, true))
        await withKeys({ v2: V2 }).run(id, (session) => equal(session.get('n'), 2))
      },
    },
  ]
}

import { afterAll, beforeAll, expect, it } from 'vitest'
import { RedisStore } from '../../../src/drivers/redis/redis-store.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { describeNeeding } from '../../support/needs.ts'
import { beforeNextCall } from '../../support/owners-hooks.ts'
import { redisStores } from '../../support/stores/redis.ts'
import type { Store } from '../../support/sealed-world.ts'

describeNeeding('redis', 'the list of a user whose session changes its id while it is read', () => {
  const open = redisStores()
  let store: Store
  let sessions: SessionManager
  let other: SessionManager

  beforeAll(async () => {
    store = open()
    sessions = new SessionManager({ driver: await store.connect() })
    other = new SessionManager({ driver: await store.connect() })
  })
  afterAll(async () => {
    await sessions.close()
    await other.close()
    await store.remove()
  })

  const login = async (userId: string): Promise<{ id: string; handle: string }> => {
    const session = await sessions.start()
    session.setUserId(userId)
    await session.save()
    return { id: session.id, handle: session.handle ?? '' }
  }

  it('has the session all the same, and ends it by its handle', async () => {
    const { id, handle } = await login('ada')
    beforeNextCall(RedisStore.prototype, 'peek', () => sessions.run(id, (session) => session.regenerate()))
    const { sessions: listed } = await other.list({ userId: 'ada' })
    expect(listed.map((session) => session.handle)).toEqual([handle])
    expect(await other.revoke(handle, { userId: 'ada' })).toBe(true)
    expect((await other.list({ userId: 'ada' })).sessions).toEqual([])
  })

  it('and so on the pages after the first', async () => {
    const many = [await login('eve'), await login('eve'), await login('eve')]
    const first = await other.list({ userId: 'eve', limit: 2 })
    const last = many.find(({ handle }) => first.sessions.every((session) => session.handle !== handle))
    beforeNextCall(RedisStore.prototype, 'peek', () => sessions.run(last?.id, (session) => session.regenerate()))
    const rest: string[] = []
    for (let { cursor } = first; cursor !== undefined;) {
      const page = await other.list({ userId: 'eve', limit: 2, cursor })
      rest.push(...page.sessions.map(({ handle }) => handle))
      ;({ cursor } = page)
    }
    expect(rest).toEqual([last?.handle])
  })
})

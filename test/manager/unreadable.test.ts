import { describe, expect, it } from 'vitest'
import type { RecordWrite } from '../../src/contracts/driver.ts'
import { SessionError } from '../../src/session/errors.ts'
import { SaltingSerializer } from '../support/salting-serializer.ts'
import { codeOf, idIn, keyOf, openShop, visit } from './support/shop.ts'
import type { Options, Shop } from './support/shop.ts'

/** A stored session whose texts are these: as an older version, another program or a bad disk left them. */
async function damaged(texts: Partial<Pick<RecordWrite, 'payload' | 'flash'>>, options: Options = {}): Promise<Shop & { id: string }> {
  const shop = openShop(options)
  const id = await shop.stored((session) => session.set('n', 5))
  const key = keyOf(id)
  const found = await shop.memory.read(key)
  if (found?.kind !== 'record') return expect.unreachable()
  const { record } = found
  const durations = { idleMs: 7_200_000, absoluteMs: undefined }
  await shop.memory.update(key, { ...record, ...texts, durations, writeToken: 'w'.repeat(32) }, record.version)
  return { ...shop, id }
}

const texts: [string, Partial<Pick<RecordWrite, 'payload' | 'flash'>>][] = [
  ['a payload that is torn', { payload: '{"n":5,"name":"A' }],
  ['an empty payload', { payload: '' }],
  ['a foreign serializer’s payload', { payload: 'a:1:{s:1:"n";i:5;}' }],
  ['a payload that is a list', { payload: '[1,2]' }],
  ['S-051: a payload that is null', { payload: 'null' }],
  ['a payload that is a number', { payload: '5' }],
  ['a flash text that is torn', { flash: '{"status":' }],
  ['S-052: a flash text that is false', { flash: 'false' }],
  ['a flash text that is a list', { flash: '[]' }],
  ['a text past every limit of depth', { payload: `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}` }],
]

describe('a record that cannot be read', () => {
  it.each(texts)('S-050: %s: the visitor gets a new session under a new id, the record stays as it is', async (_, text) => {
    const shop = await damaged(text)
    const before = await shop.memory.read(keyOf(shop.id))
    const open = await visit(shop.sessions, shop.id)
    expect([open.session.isNew, open.session.all()]).toEqual([true, {}])
    open.session.set('n', 1)
    const sent = idIn((await open.commit()).setCookie)
    expect(sent).not.toBe(shop.id)
    expect(await shop.peek(sent ?? '')).toMatchObject({ n: 1 })
    expect(await shop.memory.read(keyOf(shop.id))).toEqual(before)
    expect(shop.events[0]).toMatchObject({ kind: 'refused', reason: 'unreadable', key: keyOf(shop.id) })
    await shop.idle()
  })

  it.each(texts)('onUnreadable: throw: %s: the request fails, the record stays as it is', async (_, text) => {
    const shop = await damaged(text, { onUnreadable: 'throw' })
    const before = await shop.memory.read(keyOf(shop.id))
    for (const concurrency of ['exclusive', 'readonly'] as const) {
      expect(await codeOf(visit(shop.sessions, shop.id, { concurrency }))).toBe('ERR_SESSION_UNREADABLE')
    }
    expect(await shop.memory.read(keyOf(shop.id))).toEqual(before)
    await shop.idle()
  })

  it('when nothing is kept in the new session, the browser keeps its cookie', async () => {
    const shop = await damaged({ payload: 'null' })
    const open = await visit(shop.sessions, shop.id)
    expect(await open.commit()).toEqual({ setCookie: undefined })
    await shop.idle()
  })

  it('of a driver that says so is treated alike', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const unreadable = SessionError.unreadable(keyOf(id), 'its file is torn')
    shop.driver.failNext('acquire', unreadable)
    shop.driver.failNext('read', unreadable)
    for (const concurrency of ['exclusive', 'readonly'] as const) {
      const open = await visit(shop.sessions, id, { concurrency })
      expect(open.session.isNew).toBe(true)
      await open.commit()
    }
    expect(await shop.peek(id)).toMatchObject({ n: 0 })
    await shop.idle()
  })

  it('of another serializer is treated alike, and the right one reads it still', async () => {
    const shop = openShop({ serializer: new SaltingSerializer() })
    const id = await shop.stored()
    const wrong = shop.another({})
    const session = await wrong.start(id)
    session.set('n', 99)
    await session.save()
    expect(session.id).not.toBe(id)
    expect(await shop.peek(id)).toMatchObject({ n: 0 })
    await shop.idle()
  })

  it('that does not meet the schema is treated alike', async () => {
    const shop = openShop()
    const id = await shop.stored((session) => session.set('n', 'no number'))
    const isNumber = (value: unknown): boolean => typeof value === 'object' && value !== null && 'n' in value && typeof value.n === 'number'
    const strict = shop.another({
      schema: {
        '~standard': {
          version: 1,
          vendor: 'test',
          validate: (value) => (isNumber(value) ? { value: value as { n: number } } : { issues: [{ message: 'bad' }] }),
        },
      },
    })
    expect((await strict.start(id)).isNew).toBe(true)
    expect(await shop.peek(id)).toMatchObject({ n: 'no number' })
    const good = await shop.stored((session) => session.set('n', 1))
    const session = await strict.start(good)
    expect(session.get('n')).toBe(1)
    await session.release()
    await shop.idle()
  })

  it('that upgradeData brings to the form of today can be read, and is written when it changes', async () => {
    const shop = openShop()
    const id = await shop.stored((session) => session.set('userName', 'Ada'))
    const today = shop.another({
      upgradeData: ({ userName, ...rest }) => (userName === undefined ? rest : { ...rest, user: { name: userName } }),
    })
    await today.run(id, (session) => {
      expect(session.get('user.name')).toBe('Ada')
      session.set('user.name', 'Grace')
    })
    expect(await shop.peek(id)).toMatchObject({ user: { name: 'Grace' } })
    expect(await shop.peek(id)).not.toHaveProperty('userName')
  })

  it('found at a reload fails the reload and leaves the session as it is', async () => {
    const shop = openShop()
    const session = await shop.sessions.start(await shop.stored())
    session.set('n', 1)
    shop.driver.failNext('read', SessionError.unreadable(keyOf(session.id), 'it is torn'))
    expect(await codeOf(session.reload())).toBe('ERR_SESSION_UNREADABLE')
    expect(session.get('n')).toBe(1)
    await session.save()
    expect(await shop.peek(session.id)).toMatchObject({ n: 1 })
    await shop.idle()
  })
})

it('a request whose address is none is told so, and its session is not called unreadable', async () => {
  const shop = openShop()
  const id = await shop.stored()
  expect(await codeOf(visit(shop.sessions, id, { ipAddress: 'unknown' }))).toBe('ERR_SESSION_INVALID_ARGUMENT')
  expect(shop.events.filter(({ kind }) => kind === 'refused')).toEqual([])
  await shop.idle()
})

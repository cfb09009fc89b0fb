import { format, inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { failureOf, openShop, visit } from '../manager/support/shop.ts'
import type { Shop } from '../manager/support/shop.ts'

const everything = { showHidden: true, depth: 20, getters: false }

async function secrets(shop: Shop): Promise<{ id: string; token: string }> {
  const id = await shop.stored((session) => {
    session.set('card', 'PAYLOAD-4111')
    session.flash('code', 'FLASH-4711')
    session.setUserId('USER-ada')
  })
  const session = await shop.sessions.start(id, { concurrency: 'readonly' })
  return { id, token: session.token() }
}

function shown(value: unknown): string {
  return [inspect(value, everything), format('%o %O %s', value, value, value), JSON.stringify(value), String(value)].join('\n')
}

describe('what a session shows of itself', () => {
  it('printing a session shows neither id nor token nor data', async () => {
    const shop = openShop()
    const { id, token } = await secrets(shop)
    const open = await visit(shop.sessions, id)
    await open.session.regenerate()
    for (const thing of [
      open.session,
      open,
      { session: open.session },
      shop.sessions,
      open.session.attributes,
      open.session.flashes,
      open.session.metadata,
    ]) {
      const text = shown(thing)
      for (const secret of [id, token, open.session.id, open.session.token(), 'PAYLOAD', 'FLASH', 'USER-'])
        expect(text).not.toContain(secret)
    }
    await open.discard(new Error('end'))
    await shop.idle()
  })

  it('JSON of a session is an empty object', async () => {
    const session = await openShop().sessions.start()
    session.set('n', 1)
    expect(JSON.stringify({ session })).toBe('{"session":{}}')
    expect(Object.keys(session)).toEqual([])
    expect(Object.assign({}, session)).toEqual({})
  })

  it('S-039: no error of a session holds an id, a token or data', async () => {
    const shop = openShop({ lock: { waitSeconds: 0 }, onUnreadable: 'throw' })
    const { id, token } = await secrets(shop)
    const holder = await shop.sessions.start(id)
    const errors = [
      await failureOf(shop.sessions.start(id)),
      await failureOf(holder.start('a'.repeat(40))),
      await failureOf(shop.another().start(id)),
    ]
    holder.set('bad', () => 'PAYLOAD')
    errors.push(await failureOf(holder.save()))
    const reader = shop.another({ onUnreadable: 'throw', schema: refusing })
    errors.push(await failureOf(reader.start(id)))
    shop.driver.failNext('acquire')
    errors.push(await failureOf(shop.sessions.start(id)))
    expect(new Set(errors.map((error) => (error as { code: string }).code)).size).toBe(5)
    for (const error of errors) {
      for (const secret of [id, token, 'PAYLOAD', 'FLASH', 'USER-']) expect(shown(error)).not.toContain(secret)
    }
    await shop.idle()
  })
})

const refusing = {
  '~standard': {
    version: 1 as const,
    vendor: 'test',
    validate: () => ({ issues: [{ message: 'PAYLOAD-4111 is wrong', path: ['card'] }] }),
  },
}

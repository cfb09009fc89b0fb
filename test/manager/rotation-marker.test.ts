import { describe, expect, it } from 'vitest'
import type { OpenSession } from '../../src/manager/open-session.ts'
import { codeOf, idIn, keyOf, openShop, visit } from './support/shop.ts'
import type { Shop } from './support/shop.ts'

async function rotate(shop: Shop, id: string): Promise<string> {
  const open = await visit(shop.sessions, id)
  await open.session.regenerate()
  return idIn((await open.commit()).setCookie) ?? ''
}

/** Another request of another process, which replaces an id for good. */
async function login(shop: Shop, id: string): Promise<void> {
  const open = await visit(shop.another(), id)
  await open.session.regenerate({ destroy: true })
  await open.commit()
}

/** A chain of ids, each the successor of the one before. */
async function chain(shop: Shop, length: number): Promise<[string, ...string[]]> {
  const ids: [string, ...string[]] = [await shop.stored()]
  for (let each = 0; each < length; each++) ids.push(await rotate(shop, ids.at(-1) ?? ''))
  shop.events.length = 0
  return ids
}

describe('an id that was rotated', () => {
  it('leads 20 parallel requests to one successor, and each response sends its cookie', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const others = [shop.sessions, shop.another()]
    const requests = Array.from({ length: 20 }, async (_, index) => {
      const open = await visit(others[index % 2] ?? shop.sessions, id)
      open.session.increment('n')
      if (index === 3) await open.session.regenerate()
      return idIn((await open.commit()).setCookie)
    })
    const sent = new Set(await Promise.all(requests))
    const successor = [...sent].find((each) => each !== undefined) ?? ''
    expect(sent).toEqual(new Set([undefined, successor]))
    expect(await shop.peek(successor)).toMatchObject({ n: 20 })
    const later = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const open = await visit(shop.sessions, id)
        return [open.session.id, idIn((await open.commit()).setCookie)]
      }),
    )
    for (const each of later) expect(each).toEqual([successor, successor])
    await shop.idle()
  })

  it('leads readonly requests there too, and their responses send the cookie', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const successor = await rotate(shop, id)
    const open = await visit(shop.sessions, id, { concurrency: 'readonly' })
    expect([open.session.id, open.session.get('n'), idIn((await open.commit()).setCookie)]).toEqual([successor, 0, successor])
  })

  describe.each(['readonly', 'merge'] as const)('a request that it leads on without the lock, in %s,', (concurrency) => {
    async function led(shop: Shop): Promise<{ readonly open: OpenSession; readonly successor: string }> {
      const id = await shop.stored((session) => session.setUserId('7'))
      const successor = await rotate(shop, id)
      return { open: await visit(shop.sessions, id, { concurrency }), successor }
    }

    it.each(['a login', 'another rotation', 'a logout'])('sends no cookie where %s has replaced that id meanwhile', async (what) => {
      const shop = openShop()
      const { open, successor } = await led(shop)
      const other = await visit(shop.another(), successor)
      if (what === 'a logout') await other.session.destroy()
      else await other.session.regenerate({ destroy: what === 'a login' })
      await other.commit()
      expect(await open.commit()).toEqual({ setCookie: undefined })
      await shop.idle()
    })

    it.each(['release', 'discard'] as const)('sends none after %s either', async (how) => {
      const shop = openShop()
      const { open, successor } = await led(shop)
      if (how === 'release') await open.session.release()
      await login(shop, successor)
      expect(await (how === 'discard' ? open.discard(new Error('oops')) : open.commit())).toEqual({ setCookie: undefined })
      await shop.idle()
    })

    it('sends it where the store does not answer', async () => {
      const shop = openShop()
      const { open, successor } = await led(shop)
      shop.driver.failNext('read')
      expect(idIn((await open.commit()).setCookie)).toBe(successor)
    })

    it('asks the store no more than once for it', async () => {
      const shop = openShop()
      const { open } = await led(shop)
      shop.driver.forget()
      await open.commit()
      expect(shop.driver.methods).toEqual(['read'])
    })
  })

  it('is followed without a last look where there is no browser to be told', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const successor = await rotate(shop, id)
    shop.driver.forget()
    expect(await shop.sessions.run(id, (session) => session.id, { concurrency: 'readonly' })).toBe(successor)
    expect(shop.driver.methods).toEqual(['read', 'read'])
  })

  it('sends no cookie in a request that held it for too long, where a login has replaced that id since', async () => {
    const shop = openShop({ lock: { maxHoldSeconds: 0.03 } })
    const id = await shop.stored()
    const successor = await rotate(shop, id)
    const open = await visit(shop.sessions, id)
    const { promise: lost, resolve } = Promise.withResolvers<unknown>()
    open.session.signal.addEventListener('abort', resolve)
    await lost
    await login(shop, successor)
    expect(await open.commit()).toEqual({ setCookie: undefined })
    await shop.idle()
  })

  it('leads nowhere for one who has only the store: the successor is made of the old id and a salt', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const successor = await rotate(shop, id)
    const found = await shop.memory.read(keyOf(id))
    expect(found).toMatchObject({ kind: 'marker', marker: { reason: 'rotation', salt: expect.stringMatching(/^[0-9a-f]{32}$/) } })
    expect(JSON.stringify(found)).not.toContain(successor)
    expect(JSON.stringify(found)).not.toContain(keyOf(successor))
  })

  it('leads through five markers, and not through a sixth', async () => {
    const shop = openShop()
    const ids = await chain(shop, 6)
    const last = ids[6] ?? ''
    const open = await visit(shop.sessions, ids[1] ?? '')
    expect([open.session.id, idIn((await open.commit()).setCookie)]).toEqual([last, last])
    expect(shop.events).toEqual([])
    const tooLong = await visit(shop.sessions, ids[0])
    expect(tooLong.session.isNew).toBe(true)
    expect(shop.events).toContainEqual(expect.objectContaining({ kind: 'refused', reason: 'replaced-id' }))
    await tooLong.commit()
    await shop.idle()
  })

  it('leads on only while each marker of the chain is within its own grace', async () => {
    const shop = openShop({ lifetime: { graceSeconds: 30 } })
    const id = await shop.stored()
    shop.clock.advance(1000)
    const second = await rotate(shop, id)
    shop.clock.advance(20_000)
    const third = await rotate(shop, second)
    shop.clock.advance(9_999)
    expect((await shop.sessions.start(id, { concurrency: 'readonly' })).id).toBe(third)
    shop.clock.advance(1)
    expect((await shop.sessions.start(id, { concurrency: 'readonly' })).isNew).toBe(true)
    expect((await shop.sessions.start(second, { concurrency: 'readonly' })).id).toBe(third)
  })

  it('a logout of the successor ends it for the old id as well', async () => {
    const shop = openShop()
    const id = await shop.stored()
    await rotate(shop, id)
    const open = await visit(shop.sessions, id)
    await open.session.destroy()
    expect(idIn((await open.commit()).setCookie)).toBe('cleared')
    expect((await shop.sessions.start(id)).isNew).toBe(true)
    await shop.idle()
  })
})

describe('several acts in one request', () => {
  it('of two rotations the last counts', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    await open.session.regenerate()
    const between = open.session.id
    await open.session.regenerate()
    const sent = idIn((await open.commit()).setCookie) ?? ''
    expect(sent).toBe(open.session.id)
    expect(sent).not.toBe(between)
    expect((await shop.sessions.start(between)).isNew).toBe(true)
    expect((await shop.sessions.start(id, { concurrency: 'readonly' })).id).toBe(sent)
    expect(shop.driver.methods.filter((method) => method === 'replace')).toHaveLength(1)
    await shop.idle()
  })

  it.each([
    [{ destroy: true }, {}],
    [{}, { destroy: true }],
  ])('a login stays a login whatever else is rotated (%o, %o)', async (first, second) => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    await open.session.regenerate(first)
    await open.session.regenerate(second)
    const sent = idIn((await open.commit()).setCookie) ?? ''
    expect(await shop.memory.read(keyOf(id))).toMatchObject({ kind: 'marker', marker: { reason: 'login', salt: undefined } })
    expect(await shop.peek(sent)).toMatchObject({ n: 0 })
    await shop.idle()
  })

  it('regenerate and then destroy ends the stored session', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    await open.session.regenerate()
    const planned = open.session.id
    await open.session.destroy()
    expect(idIn((await open.commit()).setCookie)).toBe('cleared')
    expect(await shop.memory.read(keyOf(id))).toBeUndefined()
    expect(await shop.memory.read(keyOf(planned))).toBeUndefined()
    await shop.idle()
  })

  it('regenerate, save and then destroy ends the session under both ids', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    await open.session.regenerate()
    await open.session.save()
    const moved = open.session.id
    expect(await codeOf(Promise.resolve(open.session.start(id)))).toBe('ERR_SESSION_ALREADY_STARTED')
    await open.session.destroy()
    expect(idIn((await open.commit()).setCookie)).toBe('cleared')
    for (const each of [id, moved]) expect((await shop.sessions.start(each)).isNew).toBe(true)
    await shop.idle()
  })

  it('regenerate, save and regenerate again leads from the first id to the last', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    await open.session.regenerate()
    await open.session.save()
    open.session.increment('n')
    await open.session.regenerate()
    const sent = idIn((await open.commit()).setCookie) ?? ''
    const session = await shop.sessions.start(id)
    expect([session.id, session.get('n')]).toEqual([sent, 1])
    await session.release()
    await shop.idle()
  })

  it('S-065: after regenerate and save, whoever wants the session in this process waits in line for it', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    await open.session.regenerate()
    await open.session.save()
    shop.driver.forget()
    const waiting = [id, open.session.id].map((each) => shop.sessions.run(each, (session) => session.increment('n')))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(shop.driver.methods).toEqual(['acquire'])
    open.session.increment('n')
    await open.commit()
    await Promise.all(waiting)
    expect(await shop.peek(open.session.id)).toMatchObject({ n: 3 })
    await shop.idle()
  })

  it('invalidate and then regenerate is a new session under another id', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    await open.session.invalidate()
    await open.session.regenerate({ destroy: true })
    open.session.set('n', 3)
    const sent = idIn((await open.commit()).setCookie) ?? ''
    expect(await shop.peek(sent)).toMatchObject({ n: 3 })
    expect(await shop.memory.read(keyOf(id))).toBeUndefined()
    await shop.idle()
  })
})

import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { codeOf, idIn, keyOf, openShop, visit } from './support/shop.ts'

describe('events', () => {
  it('tell what becomes of a session from its first request to its last', async () => {
    const shop = openShop()
    const first = await visit(shop.sessions)
    first.session.set('n', 1)
    const id = idIn((await first.commit()).setCookie) ?? ''
    await shop.sessions.run(id, (session) => session.increment('n'))
    await shop.sessions.run(id, () => undefined)
    const oops = new Error('oops')
    const failed = await visit(shop.sessions, id)
    await failed.discard(oops)
    const rotated = await visit(shop.sessions, id)
    await rotated.session.regenerate()
    const second = idIn((await rotated.commit()).setCookie) ?? ''
    const login = await visit(shop.sessions, second)
    await login.session.regenerate({ destroy: true })
    const third = idIn((await login.commit()).setCookie) ?? ''
    const logout = await visit(shop.sessions, third)
    await logout.session.destroy()
    await logout.commit()
    const late = await visit(shop.sessions, third)
    await late.commit()
    expect(shop.events).toEqual([
      { kind: 'created', key: keyOf(id) },
      { kind: 'committed', key: keyOf(id) },
      { kind: 'discarded', key: keyOf(id), cause: oops },
      { kind: 'regenerated', key: keyOf(second), oldKey: keyOf(id), reason: 'rotation' },
      { kind: 'regenerated', key: keyOf(third), oldKey: keyOf(second), reason: 'login' },
      { kind: 'destroyed', key: keyOf(third) },
      { kind: 'refused', reason: 'unknown-id', key: keyOf(third), cause: undefined },
    ])
  })

  it('and errors hold no id where keys are ids (rule 6)', async () => {
    const shop = openShop({ hashIds: false, lock: { waitSeconds: 0 } })
    const first = await visit(shop.sessions)
    first.session.set('n', 1)
    const id = idIn((await first.commit()).setCookie) ?? ''
    const holder = await visit(shop.sessions, id)
    const refused = await Promise.resolve(visit(shop.sessions, id)).catch((error: unknown) => error)
    await holder.session.regenerate()
    await holder.commit()
    expect(inspect(refused)).toContain('Failed to acquire lock')
    expect(inspect([refused, shop.events], { depth: 9 })).not.toContain(id)
    expect(shop.events.map(({ kind }) => kind)).toEqual(['created', 'refused', 'regenerated'])
  })

  it('tell of a save in the middle of a request at once', async () => {
    const shop = openShop()
    const open = await visit(shop.sessions)
    open.session.set('n', 1)
    await open.session.save()
    expect(shop.events.map((event) => event.kind)).toEqual(['created'])
    open.session.set('n', 2)
    await open.commit()
    expect(shop.events.map((event) => event.kind)).toEqual(['created', 'committed'])
  })

  it('tell why a request was refused, with the error as the cause', async () => {
    const shop = openShop({ lock: { waitSeconds: 0 } })
    const id = await shop.stored()
    const holder = await visit(shop.sessions, id)
    expect(await codeOf(visit(shop.sessions, id))).toBe('ERR_SESSION_LOCK_TIMEOUT')
    holder.session.increment('n')
    shop.clock.advance(10_001)
    expect(await codeOf(Promise.resolve(holder.commit()))).toBe('ERR_SESSION_LOCK_LOST')
    shop.driver.failNext('acquire')
    expect(await codeOf(visit(shop.sessions, id))).toBe('ERR_SESSION_DRIVER_FAILED')
    const reasons = shop.events.map((event) =>
      event.kind === 'refused' ? [event.reason, (event.cause as { code: string }).code] : event.kind,
    )
    expect(reasons).toEqual([
      ['lock-timeout', 'ERR_SESSION_LOCK_TIMEOUT'],
      ['lock-lost', 'ERR_SESSION_LOCK_LOST'],
      ['store-error', 'ERR_SESSION_DRIVER_FAILED'],
    ])
    await shop.idle()
  })

  it('an adapter’s own refusals are told with the session’s key', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    open.refused('csrf', new Error('forged'))
    expect(shop.events).toEqual([{ kind: 'refused', reason: 'csrf', key: keyOf(id), cause: new Error('forged') }])
    await open.commit()
  })

  it.each(['throws', 'rejects'])('a listener that %s stops neither the request nor the other listeners', async (how) => {
    const shop = openShop()
    const heard: string[] = []
    shop.sessions.on('created', () => {
      if (how === 'throws') throw new Error('listener')
      return Promise.reject(new Error('listener')) as never
    })
    shop.sessions.on('created', () => heard.push('second'))
    await shop.stored()
    expect(heard).toEqual(['second'])
  })

  it('a listener can be taken away, also by itself while it listens', async () => {
    const { sessions, stored } = openShop()
    let heard = 0
    const stop = sessions.on('created', () => {
      heard += 1
      stop()
    })
    await stored()
    await stored()
    stop()
    expect(heard).toBe(1)
  })

  it('a listener that listens anew while it listens hears the next event, and not the same one for ever', async () => {
    const { sessions, stored } = openShop()
    let heard = 0
    const listen = (): void => {
      const stop = sessions.on('created', () => {
        stop()
        if (++heard < 100) listen()
      })
    }
    listen()
    await stored()
    expect(heard).toBe(1)
    await stored()
    expect(heard).toBe(2)
  })

  it('hold no id, no token and no data, whatever happens', async () => {
    const shop = openShop({ lock: { waitSeconds: 0 } })
    const secrets = new Set<string>(['PAYLOAD', 'FLASH'])
    const ids: string[] = []
    const remember = async (id: string | undefined): Promise<string> => {
      if (id === undefined) throw new Error('there is no id')
      ids.push(id)
      secrets.add(id)
      const session = await shop.another().start(id, { concurrency: 'readonly' })
      if (session.currentToken !== undefined) secrets.add(session.currentToken)
      return id
    }
    const fill = async (): Promise<string> => {
      const open = await visit(shop.sessions)
      open.session.set('card', 'PAYLOAD')
      open.session.flash('code', 'FLASH')
      return await remember(idIn((await open.commit()).setCookie))
    }
    const id = await fill()
    const holder = await visit(shop.sessions, id)
    await codeOf(visit(shop.sessions, id))
    await holder.session.regenerate()
    const rotated = await remember(idIn((await holder.commit()).setCookie))
    const failing = await visit(shop.sessions, rotated)
    failing.session.set('card', () => 'PAYLOAD')
    await codeOf(Promise.resolve(failing.commit()))
    shop.driver.failNext('acquire')
    await codeOf(visit(shop.sessions, rotated))
    shop.driver.failNext('unlock')
    await (await visit(shop.sessions, rotated)).discard(new Error('oops'))
    shop.clock.advance(10_001)
    const logout = await visit(shop.sessions, rotated)
    await logout.session.destroy()
    await logout.commit()
    await (await visit(shop.sessions, rotated)).commit()
    await (await visit(shop.another({ schema: neverMet }), await fill())).commit()
    shop.driver.failNext('gc')
    await codeOf(shop.sessions.collect())
    await shop.idle()
    expect(new Set(shop.events.map((event) => event.kind))).toEqual(
      new Set(['created', 'refused', 'regenerated', 'trouble', 'discarded', 'destroyed']),
    )
    expect(ids).toHaveLength(3)
    for (const event of shop.events) {
      const text = JSON.stringify(event, (_, value: unknown) =>
        value instanceof Error ? [Object.entries(value), value.message, value.stack] : value,
      )
      for (const secret of secrets) expect(text).not.toContain(secret)
    }
  })
})

const neverMet = { '~standard': { version: 1 as const, vendor: 'test', validate: () => ({ issues: [{ message: 'PAYLOAD is wrong' }] }) } }

import { expect, it, vi } from 'vitest'
import { call, nextCommits, shownIn, submit, theStore } from '../support.ts'
import type { Pages } from '../support.ts'

const NOBODY = { count: 0, status: 'nothing new' }

export function actionCases({ visitor, origin, actionId }: Pages): void {
  it('logs in before its redirect leaves: a new id, and a flash message on the page that it leads to', async () => {
    const ada = visitor()
    await ada.see('/api/count')
    const before = ada.cookie('ml_session')
    const seen = await submit(ada, '/forms', 'login', { name: 'Ada <i>' })
    expect([seen.status, seen.headers.get('location'), seen.cookies.length]).toEqual([303, '/status', 1])
    expect(seen.cookies[0]).toMatch(/^ml_session=[0-9a-f]{40}; /)
    expect(seen.cookies[0]).toMatch(/; HttpOnly; SameSite=lax$/i)
    expect(ada.cookie('ml_session')).not.toBe(before)
    expect(shownIn(await ada.see('/status'))).toEqual({ name: 'Ada <i>', status: 'Welcome, Ada <i>.' })
  })

  it('shows what it did on the page that it renders itself, to a visitor who had no session too', async () => {
    const ada = visitor()
    const taken = nextCommits(1)
    const seen = await submit(ada, '/forms', 'count')
    expect(shownIn(seen)).toEqual({ count: 1, status: 'Counted.' })
    expect(seen.cookies).toHaveLength(1)
    await taken
    expect(shownIn(await ada.see('/forms'))).toEqual({ count: 1, status: 'nothing new' })
  })

  it('logs out: the cookie is cleared, and the page that it renders is nobody’s', async () => {
    const ada = visitor()
    await submit(ada, '/forms', 'login')
    const id = ada.cookie('ml_session')
    const seen = await submit(ada, '/forms', 'logout')
    expect(shownIn(seen)).toEqual(NOBODY)
    expect(ada.cookie('ml_session')).toBeUndefined()
    const stolen = await visitor().see('/forms', { headers: { cookie: `ml_session=${id ?? ''}` } })
    expect(shownIn(stolen)).toEqual(NOBODY)
  })

  it('stores nothing when it throws, and gives the lock back', async () => {
    const ada = visitor()
    await submit(ada, '/forms', 'count')
    expect((await submit(ada, '/forms', 'fail')).status).toBe(500)
    expect(await ada.text('/api/count')).toBe('2')
  })

  it('gives a new visitor no cookie when it throws', async () => {
    const seen = await submit(visitor(), '/forms', 'fail')
    expect([seen.status, seen.cookies]).toEqual([500, []])
  })

  it('keeps what it set when it says that something is not there', async () => {
    const ada = visitor()
    const seen = await submit(ada, '/forms', 'leave')
    expect([seen.status, shownIn(seen), seen.cookies.length]).toEqual([404, 'not here', 1])
    expect(await ada.text('/api/count')).toBe('2')
  })

  it('tells the browser of what a save in its midst has stored, also where the rest could not be', async () => {
    const ada = visitor()
    vi.spyOn(theStore().driver, 'commit').mockRejectedValueOnce(new Error('the store is down'))
    const seen = await submit(ada, '/forms', 'saved')
    expect([seen.status, seen.cookies.length]).toEqual([500, 1])
    expect(await ada.text('/api/count')).toBe('2')
  })

  it('fails by what it threw, also where what it set is to be kept all the same and could not be', async () => {
    const stopped = vi.spyOn(theStore().driver, 'insert').mockRejectedValueOnce(new Error('the store is down'))
    const seen = await submit(visitor(), '/forms', 'kept')
    expect(stopped).toHaveBeenCalledOnce()
    expect([seen.headers.get('location'), seen.cookies]).toEqual(['/status?broken', []])
  })

  it('loses no update to others', async () => {
    const ada = visitor()
    await ada.see('/api/count')
    const body = '[1,false]'
    const calls = Array.from({ length: 8 }, () => call(ada, '/calls', actionId('add'), body))
    await Promise.all([...calls, ada.see('/api/count')])
    expect(await ada.text('/api/count')).toBe('11')
  })

  it('is called with values by a script, and answers one', async () => {
    const ada = visitor()
    await ada.see('/api/count')
    const seen = await call(ada, '/calls', actionId('add'), '[2,true]')
    expect([seen.status, seen.text.includes(':5\n')]).toEqual([200, true])
    expect(await ada.text('/api/count')).toBe('6')
  })

  it('leads a script on to a page that shows what it stored', async () => {
    const ada = visitor()
    const body = new FormData()
    body.set('_1_name', 'Ada')
    body.set('0', '["$K1"]')
    const seen = await call(ada, '/forms', actionId('login'), body)
    expect([seen.status, seen.headers.get('x-action-redirect')]).toEqual([200, '/status;push'])
    expect(seen.cookies).toHaveLength(1)
    expect(shownIn(await ada.see('/status'))).toEqual({ name: 'Ada', status: 'Welcome, Ada.' })
  })

  it('is refused without a proof that one of the own pages sent it, and nothing is done', async () => {
    const ada = visitor()
    await ada.see('/api/count')
    const refused: unknown[] = []
    const stop = theStore().sessions.on('refused', ({ reason }) => refused.push(reason))
    expect((await submit(ada, '/forms', 'count', {}, {})).status).toBe(500)
    expect((await submit(ada, '/forms', 'count', {}, { 'sec-fetch-site': 'cross-site' })).status).toBe(500)
    stop()
    expect(refused).toEqual(['csrf', 'csrf'])
    expect((await submit(ada, '/forms', 'count', {}, { origin: origin() })).status).toBe(200)
    expect(await ada.text('/api/count')).toBe('3')
  })

  it('is let in by the token of its form, which it can be told to ask for always', async () => {
    const ada = visitor()
    await submit(ada, '/forms', 'login')
    const shown = shownIn(await ada.see('/token'))
    const token = String(Reflect.get(Object(shown), 'token'))
    expect((await submit(ada, '/forms', 'count', { _csrf: token }, {})).status).toBe(200)
    expect((await submit(ada, '/forms', 'strict')).status).toBe(500)
    expect((await submit(ada, '/forms', 'strict', { _csrf: 'x'.repeat(token.length) })).status).toBe(500)
    expect((await submit(ada, '/forms', 'strict', { _csrf: token })).status).toBe(200)
    expect(await ada.text('/api/count')).toBe('3')
  })

  it('can be kept from who has not logged in lately', async () => {
    const ada = visitor()
    await ada.see('/api/count')
    expect((await submit(ada, '/forms', 'fresh')).status).toBe(500)
    await submit(ada, '/forms', 'login')
    expect((await submit(ada, '/forms', 'fresh')).status).toBe(200)
    expect(await ada.text('/api/count')).toBe('3')
  })
}

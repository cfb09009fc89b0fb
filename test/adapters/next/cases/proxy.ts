import { expect, it } from 'vitest'
import { nextCommits, shownIn, submit } from '../support.ts'
import type { Pages } from '../support.ts'

export function proxyCases({ visitor }: Pages): void {
  it('stores a session that the page behind it reads in the same request', async () => {
    const ada = visitor()
    const seen = await ada.see('/proxied/read')
    expect(shownIn(seen)).toEqual({ isNew: false, count: 1 })
    expect(seen.cookies).toHaveLength(1)
    expect(shownIn(await ada.see('/proxied/read'))).toEqual({ isNew: false, count: 2 })
  })

  it('gives a page the token that its form carries', async () => {
    const ada = visitor()
    const shown = shownIn(await ada.see('/proxied/token'))
    expect(shown).toEqual({ token: expect.stringMatching(/^[\w-]{40,}$/), message: 'nothing was thrown' })
  })

  it('leaves a flash message to the page, which shows it once', async () => {
    const ada = visitor()
    await ada.see('/api/flash?status=Saved.')
    const taken = nextCommits(2)
    expect(shownIn(await ada.see('/proxied'))).toEqual({ name: 'Guest', status: 'Saved.' })
    await taken
    expect(shownIn(await ada.see('/proxied'))).toEqual({ name: 'Guest', status: 'nothing new' })
  })

  it('hands the session on to a route handler, which goes on with it', async () => {
    const ada = visitor()
    const seen = await ada.see('/proxied/api')
    expect([seen.text, seen.cookies.length]).toEqual(['2', 1])
    expect(await ada.text('/proxied/api')).toBe('4')
  })

  it('hands the session on to a server action of a visitor who had none', async () => {
    const ada = visitor()
    const fields = await visitor().see('/proxied/forms')
    expect(shownIn(fields)).toEqual({ count: 1, status: 'nothing new' })
    const seen = await submit(ada, '/proxied/forms', 'count')
    expect(shownIn(seen)).toEqual({ count: 3, status: 'Counted.' })
    expect(await ada.text('/api/count')).toBe('4')
  })

  it('hands the session on to the page that it rewrites to', async () => {
    const ada = visitor()
    const seen = await ada.see('/proxied?rewrite')
    expect(shownIn(seen)).toEqual({ isNew: false, count: 1 })
    expect(seen.cookies).toHaveLength(1)
  })

  it('keeps a page that is the same for everybody out of caches when it goes with a cookie', async () => {
    const seen = await visitor().see('/proxied/still')
    expect([shownIn(seen), seen.cookies.length]).toEqual(['still', 1])
    expect(seen.headers.get('cache-control')).toContain('no-store')
  })
}

import { expect, it, vi } from 'vitest'
import { nextCommits, shownIn, theStore } from '../support.ts'
import type { Pages } from '../support.ts'

export function pageCases({ visitor }: Pages): void {
  it('shows what is in the session, and sends no cookie', async () => {
    const ada = visitor()
    await ada.see('/api/count')
    const seen = await ada.see('/read')
    expect(shownIn(seen)).toEqual({ isNew: false, count: 1 })
    expect(seen.cookies).toEqual([])
  })

  it('reads the session once, however many components of the page ask for it, and takes no lock', async () => {
    const ada = visitor()
    await ada.see('/api/count')
    const { driver } = theStore()
    const [read, acquire] = [vi.spyOn(driver, 'read'), vi.spyOn(driver, 'acquire')]
    await ada.see('/read')
    expect([read.mock.calls.length, acquire.mock.calls.length]).toEqual([1, 0])
  })

  it('reads each visitor’s own session', async () => {
    const [ada, bob] = [visitor(), visitor()]
    await ada.see('/api/count')
    await bob.see('/api/count')
    await bob.see('/api/count')
    const seen = await Promise.all([ada.see('/read'), bob.see('/read'), visitor().see('/read')])
    expect(seen.map(shownIn)).toEqual([
      { isNew: false, count: 1 },
      { isNew: false, count: 2 },
      { isNew: true, count: 0 },
    ])
  })

  it('asks the store for nothing when there is no session cookie', async () => {
    await visitor().see('/read')
    const read = vi.spyOn(theStore().driver, 'read')
    expect(shownIn(await visitor().see('/read'))).toEqual({ isNew: true, count: 0 })
    expect(read).not.toHaveBeenCalled()
  })

  it('cannot write: the error says where to do it', async () => {
    const ada = visitor()
    await ada.see('/api/count')
    const seen = await ada.see('/write')
    const message =
      'Session is read-only: a server component cannot send its cookie. Change it in a server action, in a route handler or in the proxy. Nothing was changed.'
    expect(shownIn(seen)).toEqual({ set: message, flash: message, destroy: message })
    expect(shownIn(await ada.see('/read'))).toEqual({ isNew: false, count: 1 })
  })

  it('has no CSRF token for a visitor of whom nothing is stored: the error says what to do', async () => {
    expect(shownIn(await visitor().see('/token'))).toEqual({ token: '', message: expect.stringContaining('Open the session in the proxy') })
  })

  it('shows a flash message once', async () => {
    const ada = visitor()
    await ada.see('/api/flash?status=Saved.')
    const taken = nextCommits(1)
    expect(shownIn(await ada.see('/status'))).toEqual({ name: 'Guest', status: 'Saved.' })
    await taken
    expect(shownIn(await ada.see('/status'))).toEqual({ name: 'Guest', status: 'nothing new' })
  })

  it('leaves a flash message that it does not ask for to the page that does', async () => {
    const ada = visitor()
    await ada.see('/api/flash?status=Saved.')
    await ada.see('/read')
    await ada.see('/read')
    expect(shownIn(await ada.see('/status'))).toEqual({ name: 'Guest', status: 'Saved.' })
  })
}

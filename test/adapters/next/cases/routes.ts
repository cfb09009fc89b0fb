import { expect, it } from 'vitest'
import type { Pages } from '../support.ts'

export function routeCases({ visitor }: Pages): void {
  it('keeps what it set when it redirects by throwing', async () => {
    const ada = visitor()
    const seen = await ada.see('/api/moved/status')
    expect([seen.status, seen.headers.get('location'), seen.cookies.length]).toEqual([307, '/status?a=1;b=2', 1])
    expect(await ada.text('/api/count')).toBe('2')
  })

  it('is where currentSession() finds the session, whichever bundle made the manager', async () => {
    expect(JSON.parse(await visitor().text('/api/current'))).toEqual({ any: true, ofManager: true })
  })
}

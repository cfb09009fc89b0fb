import { describe, expect, it } from 'vitest'
import type { ReadOptions } from '../../../src/adapters/node.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { refusals } from '../../support/visits.ts'
import { attachWs, dialWs, openSocketApp } from './support.ts'
import type { SocketApp } from './support.ts'

async function loggedIn(options: ReadOptions = {}): Promise<SocketApp & { readonly reasons: string[]; readonly own: string }> {
  const app = await openSocketApp(new MemoryDriver(), {}, attachWs(options))
  await app.post('/login')
  return Object.assign(app, { reasons: refusals(app.sessions), own: `http://127.0.0.1:${app.port}` })
}

describe('a WebSocket that a page opens with its visitor’s cookie', () => {
  it('ASVS-4.4.2: is refused where the page is another site’s, and told of', async () => {
    const app = await loggedIn()
    for (const origin of [
      'https://evil.example',
      'http://127.0.0.1',
      `https://127.0.0.1:${app.port}`,
      `${app.own}.evil.example`,
      'null',
      '*',
    ]) {
      await expect(dialWs(app, { origin }), origin).rejects.toThrow('refused with 403')
      expect(app.reasons.splice(0), origin).toEqual(['csrf'])
    }
  })

  it('is opened where the page is the application’s own, or nobody’s', async () => {
    const app = await loggedIn()
    expect((await dialWs(app, { origin: app.own })).greeting).toBe('Hello Ada')
    expect((await dialWs(app)).greeting).toBe('Hello Ada')
    expect(app.reasons).toEqual([])
  })

  it('is opened where the page is the configured application’s, and no longer where Host says so', async () => {
    const app = await loggedIn({ origin: 'https://shop.example' })
    expect((await dialWs(app, { origin: 'https://shop.example' })).greeting).toBe('Hello Ada')
    await expect(dialWs(app, { origin: app.own })).rejects.toThrow('refused with 403')
  })

  it('is opened where the page is a trusted one', async () => {
    const app = await loggedIn({ trustedOrigins: ['https://admin.shop.example'] })
    expect((await dialWs(app, { origin: 'https://admin.shop.example' })).greeting).toBe('Hello Ada')
    await expect(dialWs(app, { origin: 'https://admin.shop.example:8443' })).rejects.toThrow('refused with 403')
  })
})

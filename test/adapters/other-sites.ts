import { expect } from 'vitest'
import type { TestClient } from '../../src/testing/test-client.ts'

/** That `/own`, behind `ownPages()`, is given to the application's own pages and to no other site's, and that caches are told what that depends on. */
export async function expectOwnPagesOnly(client: TestClient): Promise<void> {
  const own = await client.get('/own', { headers: { 'sec-fetch-site': 'same-origin' } })
  expect([own.status, own.headers.get('vary')]).toEqual([200, expect.stringContaining('Sec-Fetch-')])
  const other = await client.get('/own', {
    headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' },
  })
  expect([other.status, other.headers.get('vary')]).toEqual([403, own.headers.get('vary')])
}

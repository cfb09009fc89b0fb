import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { newUser, newVisitor, send, visits } from './support/client.ts'
import { runningDemo } from './support/fixture.ts'

const demo = runningDemo()

it('a store that cannot be reached is an error that is explained, never an empty session, and nothing is lost by it', async () => {
  const { cookie } = await newUser(demo.origin)
  expect(await visits(demo.origin, cookie)).toBe(1)
  const sessions = join(demo.folder, 'var/sessions')
  await rename(sessions, `${sessions}-away`)
  await writeFile(sessions, '')
  const refused = await send(demo.origin, { cookie })
  await rm(sessions)
  await rename(`${sessions}-away`, sessions)

  expect(refused.status).toBe(503)
  expect(refused.headers['retry-after']).toBe('2')
  expect(refused.headers['set-cookie']).toBe(undefined)
  expect(refused.text).toContain('could not be opened or stored just now')
  expect(await visits(demo.origin, cookie)).toBe(2)
})

it('a form that is too large is refused before the session is opened', async () => {
  const { cookie, token } = await newVisitor(demo.origin)
  const { status, text } = await send(`${demo.origin}/note`, { cookie }, { _csrf: token, note: 'x'.repeat(20_000) })
  expect(status).toBe(413)
  expect(text).toContain('could not use this request')
})

it('the pages of one visitor are kept by no cache', async () => {
  const { headers } = await send(`${demo.origin}/goodbye`)
  expect(headers['cache-control']).toBe('no-store')
  expect(headers['set-cookie']).toBe(undefined)
})

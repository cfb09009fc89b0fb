import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { filesUnder } from '../../scripts/support/check.ts'
import { newUser, newVisitor, send } from './support/client.ts'
import { demoFolder, killDemos, removeFolder, runDemoToItsEnd, startDemo } from './support/demo.ts'

const SLOW = { timeout: 120_000 }
let folder: string

beforeEach(async () => {
  folder = await demoFolder()
})
afterEach(async () => {
  await killDemos()
  await removeFolder(folder)
})

/** How many devices the page shows. */
async function devices(origin: string, cookie: string): Promise<number> {
  const { text } = await send(`${origin}/devices`, { cookie })
  return text.match(/<form class="device"/g)?.length ?? 0
}

describe('the devices of the demo', () => {
  it('ASVS-7.5.2, ASVS-7.4.3: are shown to their user, and are logged out one by one or all at once', SLOW, async () => {
    const { origin } = await startDemo(folder)
    const [one, two, three] = [await newUser(origin), await newUser(origin), await newUser(origin)]
    expect(await devices(origin, one.cookie)).toBe(3)
    const { text } = await send(`${origin}/devices`, { cookie: one.cookie })
    expect(text.match(/this one/g)).toHaveLength(1)
    const other = text.split('<form class="device"').find((form) => form.includes('handle') && !form.includes('this one'))
    const handle = /name="handle" value="([0-9a-f]+)"/.exec(other ?? '')?.[1] ?? ''
    expect((await send(`${origin}/devices/end`, { cookie: one.cookie }, { _csrf: one.token, handle })).status).toBe(303)
    expect(await devices(origin, one.cookie)).toBe(2)
    const left = await Promise.all([two, three].map(({ cookie }) => send(`${origin}/devices`, { cookie })))
    expect(new Set(left.map(({ status }) => status))).toEqual(new Set([200, 303]))
    expect((await send(`${origin}/devices/end-others`, { cookie: one.cookie }, { _csrf: one.token })).status).toBe(303)
    expect(await devices(origin, one.cookie)).toBe(1)
    for (const { cookie } of [two, three]) expect((await send(`${origin}/devices`, { cookie })).headers.location).toBe('/login')
  })

  it('are nobody’s who is not logged in, and nobody’s without the token', SLOW, async () => {
    const { origin } = await startDemo(folder)
    const { cookie } = await newVisitor(origin)
    expect((await send(`${origin}/devices`, { cookie })).headers.location).toBe('/login')
    const user = await newUser(origin)
    expect((await send(`${origin}/devices/end-others`, { cookie: user.cookie }, {})).status).toBe(403)
  })
})

describe('the demo with SESSION_KEY', () => {
  it('seals what it stores, and takes over what was stored before', SLOW, async () => {
    const plain = await startDemo(folder)
    const { cookie } = await newUser(plain.origin)
    await plain.stop()
    const sealed = await startDemo(folder, { SESSION_KEY: randomBytes(32).toString('base64') })
    expect((await send(`${sealed.origin}/`, { cookie })).text).toContain('Ada')
    await sealed.stop()
    const texts = await Promise.all(
      filesUnder(join(folder, 'var/sessions')).map((file) => readFile(join(folder, 'var/sessions', file), 'latin1')),
    )
    expect(texts.some((text) => text.includes('hf1.v1.'))).toBe(true)
  })

  it('says in one line what is wrong with a key, and does not show it', SLOW, async () => {
    const { code, stderr } = await runDemoToItsEnd(folder, { SESSION_KEY: 'my-weak-key' })
    expect(code).toBe(1)
    expect(stderr).toMatch(/^SESSION_KEY cannot be used\. .*openssl rand -base64 32\n$/)
    expect(stderr).not.toContain('my-weak-key')
  })
})

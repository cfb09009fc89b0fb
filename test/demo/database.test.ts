import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startMariaDb } from '../support/mariadb-server.ts'
import { describeNeeding } from '../support/needs.ts'
import { startPostgres } from '../support/postgres-server.ts'
import type { SqlServer } from '../support/sql-server.ts'
import { newUser, newVisitor, send, visits } from './support/client.ts'
import { demoFolder, killDemos, removeFolder, runDemoToItsEnd, startDemo } from './support/demo.ts'

/** Servers and demos are started one after the other, each of which takes seconds on a busy machine. */
const SLOW = { timeout: 120_000 }

let folder: string

beforeEach(async () => {
  folder = await demoFolder()
})
afterEach(async () => {
  await killDemos()
  await removeFolder(folder)
})

/** Through a restart of the demo, and of the database if it is one that runs by itself. */
async function keepsItsSessions(settings: Readonly<Record<string, string>>, place: string, restart: () => Promise<void>): Promise<void> {
  const first = await startDemo(folder, settings)
  const { cookie } = await newUser(first.origin)
  expect(await visits(first.origin, cookie)).toBe(1)
  const ended = await first.stop()
  expect(ended).toEqual({ code: 0, stdout: `Demo on ${first.origin} (sessions in ${place})\n`, stderr: '' })
  await restart()
  const second = await startDemo(folder, settings)
  expect(await visits(second.origin, cookie)).toBe(2)
  const { text } = await send(`${second.origin}/inside`, { cookie })
  expect(text).toMatch(/demo_sessions, [0-9a-f]{64}/)
  const home = (await send(`${second.origin}/`, { cookie })).text.replaceAll(/\s+/g, ' ')
  expect(home).toContain(`Both processes share the sessions in <code>${place}</code>`)
  expect(home).not.toContain('disk')
  const visitor = await newVisitor(second.origin)
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      send(`${second.origin}/two-tabs/holdfast`, { cookie: visitor.cookie, 'x-csrf-token': visitor.token }, {}),
    ),
  )
  const counts = answers.map(({ text: json }) => Number(Object(JSON.parse(json)).count)).toSorted((one, other) => one - other)
  expect(counts).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
  await second.stop()
}

describe('the demo with SESSION_DRIVER=database', () => {
  it('keeps its sessions in a SQLite file, and counts all of 20 parallel requests through two processes', SLOW, async () => {
    await keepsItsSessions({ SESSION_DRIVER: 'database' }, 'SQLite, var/sessions.db', async () => {})
  })

  it('says in one line what is wrong with the address', SLOW, async () => {
    for (const url of ['localhost', 'http://127.0.0.1:5432', 'postgres:///x', 'file:']) {
      const { stderr, ...noUrl } = await runDemoToItsEnd(folder, { SESSION_DRIVER: 'database', DATABASE_URL: url })
      expect(noUrl, url).toEqual({ code: 1, stdout: '' })
      expect(stderr).toMatch(/^DATABASE_URL must be a URL such as .*\n$/)
    }
  })

  it('says in one line that nobody is there', SLOW, async () => {
    for (const url of ['postgres://nobody@127.0.0.1:1/x', 'mysql://nobody@127.0.0.1:1/x']) {
      const { stderr, ...nobody } = await runDemoToItsEnd(folder, { SESSION_DRIVER: 'database', DATABASE_URL: url })
      expect(nobody, url).toEqual({ code: 1, stdout: '' })
      expect(stderr).toMatch(/^.*could not be reached.*\n$/)
    }
  })
})

for (const [need, kind, start] of [
  ['postgres-server', 'PostgreSQL', startPostgres],
  ['mariadb-server', 'MySQL or MariaDB', startMariaDb],
] as const) {
  describeNeeding(need, `the demo with SESSION_DRIVER=database on ${kind}`, () => {
    it('keeps its sessions there, and counts all of 20 parallel requests through two processes', SLOW, async () => {
      await using server: SqlServer = await start({ durable: true })
      const settings = { SESSION_DRIVER: 'database', DATABASE_URL: server.url }
      await keepsItsSessions(settings, `${kind} at 127.0.0.1:${server.port}`, () => server.restart())
    })
  })
}

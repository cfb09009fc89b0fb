import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { holdfast, newApp } from './command.ts'

const MEMORY = pathToFileURL('src/drivers/memory.ts').href
const RECORDS = pathToFileURL('src/testing/suite/records.ts').href

/** An application that hands in a driver of its own, with three sessions in it. */
const appWith = (keyBytes: number, more: string): string =>
  newApp({
    'session.config.ts': `import { MemoryDriver } from '${MEMORY}'
import { aRecord, newKey } from '${RECORDS}'
class OwnDriver extends MemoryDriver {
  ${more}
}
const driver = new OwnDriver()
for (const userId of ['ada', 'ada', undefined]) await driver.insert(newKey(${keyBytes}), aRecord({ userId }))
export default { driver, hashIds: ${keyBytes === 32} }
`,
  })

describe('the command with a driver of somebody else', { timeout: 120_000 }, () => {
  it('counts what is listed, and says what the driver does not tell', async () => {
    const cwd = appWith(32, 'survey = undefined')
    const [stats, human, doctor] = await Promise.all(
      [['stats', '--json'], ['stats'], ['doctor', '--json']].map((args) => holdfast(args, { cwd })),
    )
    expect(JSON.parse(stats?.stdout ?? '')).toMatchObject({
      sessions: 3,
      withUser: 2,
      markers: null,
      expired: null,
      bytes: null,
      held: null,
    })
    expect(human?.stdout).toMatch(/^locked now +the driver does not tell$/m)
    const { findings } = JSON.parse(doctor?.stdout ?? '')
    for (const check of ['expired', 'locks', 'clock']) expect(findings).toContainEqual(expect.objectContaining({ check, level: 'unknown' }))
  })

  it('an instant that no date can say is null in JSON, and stops no list', async () => {
    const far =
      'async list(asked) { const page = await super.list(asked); return { ...page, sessions: page.sessions.map((one) => ({ ...one, expiresAt: 9e15 })) } }'
    const cwd = appWith(32, far)
    const { code, stdout, stderr } = await holdfast(['list', '--json'], { cwd })
    expect([code, stderr]).toEqual([0, ''])
    expect(JSON.parse(stdout).sessions).toHaveLength(3)
    expect(JSON.parse(stdout).sessions[0]).toMatchObject({ expiresAt: null, createdAt: expect.stringMatching(/^\d{4}-/) })
  })

  it('a driver that keeps no list is named, in one line', async () => {
    const cwd = appWith(32, 'survey = undefined; list = undefined')
    for (const args of [['list'], ['stats'], ['revoke', '--all'], ['revoke', '--user', 'ada']]) {
      const { code, stderr } = await holdfast(args, { cwd })
      expect([code, stderr]).toEqual([2, expect.stringMatching(/^holdfast: The driver 'memory' keeps no list [^\n]*\n$/)])
    }
  })

  it('with hashIds: false, where keys are ids, no key and no cursor is shown', async () => {
    const cwd = appWith(20, '')
    const all = await Promise.all(
      [['list', '--json', '--limit', '1'], ['list', '--limit', '1'], ['stats', '--json'], ['stats'], ['doctor', '--json']].map((args) =>
        holdfast(args, { cwd }),
      ),
    )
    const { sessions, cursor } = JSON.parse(all[0]?.stdout ?? '')
    expect([sessions.length, sessions[0].key, cursor]).toEqual([1, null, null])
    for (const { code, stdout, stderr } of all) {
      expect(code).toBe(0)
      expect(stdout + stderr).not.toMatch(/(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])/)
    }
  })

  it('with hashIds: false, the key of a session that cannot be read is not shown, and revoke does not say that it is not there', async () => {
    const cwd = appWith(
      20,
      `async read() { throw Object.assign(new Error('damaged'), { isSessionError: true, code: 'ERR_SESSION_UNREADABLE' }) }
  async list(options) {
    const { sessions } = await super.list(options)
    return { sessions: sessions.map((session) => ({ ...session, handle: 'one' })), cursor: undefined }
  }`,
    )
    const commands = [
      ['show', 'one', '--json'],
      ['revoke', 'one'],
    ]
    const [shown, ended] = await Promise.all(commands.map((args) => holdfast(args, { cwd })))
    expect([shown?.code, JSON.parse(shown?.stdout ?? '')]).toEqual([1, { key: null, kind: 'unreadable' }])
    expect([ended?.code, ended?.stderr]).toEqual([1, expect.stringContaining('cannot be read')])
  })
})

import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { EncryptedSerializer } from '../../src/serializers/encrypted.ts'
import { configFile, holdfast, newApp, said, writeFiles } from './command.ts'
import { PAYLOAD_WORD, visitors } from './shop.ts'

const V1 = 'kX0nVq0Wm1yZb8sJ3tR5uC7eF9gH2iK4lN6oP8qS1rE='
const V2 = 'pT3uW6xZ9aC2dF5gI8jL1mO4qR7sU0vX3yB6eH9kN2o='

const driverIn = async (cwd: string): Promise<FileDriver> => {
  const driver = new FileDriver({ path: join(cwd, 'var/sessions') })
  await driver.open()
  return driver
}

describe('holdfast keys', { timeout: 120_000 }, () => {
  it('generate makes a key that seals, each time another one', async () => {
    const cwd = newApp()
    const [one, two, hex] = await Promise.all(
      [['--encoding', 'base64'], ['--json'], ['--encoding', 'hex']].map((args) => holdfast(['keys', 'generate', ...args], { cwd })),
    )
    expect([one?.stderr, two?.stderr, hex?.stderr]).toEqual(['', '', ''])
    const keys = [one?.stdout.trim() ?? '', String(JSON.parse(two?.stdout ?? '').key), hex?.stdout.trim() ?? '']
    expect(new Set(keys).size).toBe(3)
    expect(keys[2]).toMatch(/^[0-9a-f]{64}$/)
    for (const key of keys) expect(() => new EncryptedSerializer({ keys: { v1: key } })).not.toThrow()
  })

  it('list names the keys and what they do, and shows none', async () => {
    const cwd = newApp(configFile({ encrypt: true, keys: { v2: V2, v1: { key: V1, state: 'opens' }, v0: { state: 'retired' } } }))
    const { code, stdout } = await holdfast(['keys', 'list'], { cwd })
    expect([code, stdout]).toEqual([0, 'KEY  STATE    FORM\nv2   seals    random\nv1   opens    random\nv0   retired  random\n'])
    expect(JSON.parse((await holdfast(['keys', 'list', '--json'], { cwd })).stdout)).toEqual({
      encrypt: true,
      keys: [
        { name: 'v2', state: 'seals', form: 'random' },
        { name: 'v1', state: 'opens', form: 'random' },
        { name: 'v0', state: 'retired', form: 'random' },
      ],
    })
  })

  it('status says which key is needed, reseal brings sessions over, and then the old one may be retired', async () => {
    const cwd = newApp(configFile({ encrypt: true, keys: { v1: V1 } }))
    const driver = await driverIn(cwd)
    const made = await visitors(driver, 5, { v1: V1 })
    writeFiles(cwd, configFile({ encrypt: true, keys: { v2: V2, v1: { key: V1, state: 'opens' } } }))
    said.length = 0
    const statusOf = async (): Promise<unknown> => JSON.parse((await holdfast(['keys', 'status', '--json'], { cwd })).stdout)
    expect(await statusOf()).toEqual({
      examined: 5,
      unsealed: 0,
      unreadable: 0,
      keys: [
        { name: 'v2', state: 'seals', sessions: 0, mayRetire: false },
        { name: 'v1', state: 'opens', sessions: 5, mayRetire: false },
      ],
    })
    expect(JSON.parse((await holdfast(['stats', '--json'], { cwd })).stdout).keys).toEqual({ v1: 5 })
    const rubbish = await holdfast(['keys', 'reseal', '--cursor', 'rubbish'], { cwd })
    expect(rubbish).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/^holdfast: list: the cursor is none [^\n]*\n$/) })
    expect(await holdfast(['keys', 'reseal'], { cwd })).toMatchObject({
      code: 0,
      stdout: '5 looked at, 5 sealed anew, 0 in use, 0 unreadable.\n',
    })
    const { stdout } = await holdfast(['keys', 'status'], { cwd })
    expect(stdout).toMatch(/^v1 +opens +0 +may be retired$/m)
    expect(stdout).toMatch(/^v2 +seals +5$/m)
    expect((await holdfast(['show', made[0]?.handle ?? ''], { cwd })).stdout).toMatch(/^data .* sealed under v2; not shown$/m)
    const sessions = new SessionManager({ driver, serializer: new EncryptedSerializer({ keys: { v2: V2 } }) })
    expect(await sessions.run(made[2]?.id, (session) => session.get('secret.word'))).toBe(`${PAYLOAD_WORD} 2`)
    await sessions.close()
    const all = said.join('\n')
    for (const secret of [V1, V2, PAYLOAD_WORD, made[0]?.id ?? '-']) expect(all).not.toContain(secret)
  })

  it('status exits with 1 where sessions need a key that is not in the ring', async () => {
    const cwd = newApp(configFile({ encrypt: true, keys: { v2: V2 } }))
    const driver = await driverIn(cwd)
    await visitors(driver, 2, { v1: V1 })
    await driver.close()
    const { code, stdout } = await holdfast(['keys', 'status'], { cwd })
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^v1 +unknown +2 +not in the ring/m)])
  })

  it('status lets no key be retired that opens sessions which were sealed under another name of it', async () => {
    const cwd = newApp(configFile({ encrypt: true, keys: { v2: V2, v1: { key: V1, state: 'opens' } } }))
    const driver = await driverIn(cwd)
    const [one] = await visitors(driver, 2, { main_key: V1 })
    const before = await holdfast(['keys', 'status', '--json'], { cwd })
    expect([before.code, JSON.parse(before.stdout).keys]).toEqual([
      1,
      [
        { name: 'v2', state: 'seals', sessions: 0, mayRetire: false },
        { name: 'v1', state: 'opens', sessions: 0, mayRetire: false },
        { name: 'main_key', state: 'unknown', sessions: 2, mayRetire: false },
      ],
    ])
    expect((await holdfast(['keys', 'status'], { cwd })).stdout).toMatch(/^v1 +opens +0 +run: holdfast keys reseal$/m)
    await holdfast(['keys', 'reseal'], { cwd })
    expect((await holdfast(['keys', 'status'], { cwd })).stdout).toMatch(/^v1 +opens +0 +may be retired$/m)
    const sessions = new SessionManager({ driver, serializer: new EncryptedSerializer({ keys: { v2: V2 } }) })
    expect(await sessions.run(one?.id, (session) => session.get('secret.word'))).toBe(`${PAYLOAD_WORD} 0`)
    await sessions.close()
  })

  it('keys that a function does not give are a failure of the store, and for doctor a fault beside what else there is', async () => {
    const cwd = newApp({ 'session.config.mjs': `export default { encrypt: true, keys: async () => { throw new Error('no answer') } }` })
    expect(await holdfast(['keys', 'list'], { cwd })).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining("'keys'") })
    const { code: asked, stdout } = await holdfast(['doctor', '--json'], { cwd })
    expect(asked).toBe(1)
    for (const [check, level] of Object.entries({ keys: 'fault', store: 'good', 'keys-in-use': 'unknown' }))
      expect(JSON.parse(stdout).findings).toContainEqual(expect.objectContaining({ check, level }))
    const never = newApp({ 'session.config.mjs': `export default { encrypt: true, keys: () => new Promise(() => {}) }` })
    const { code, stderr } = await holdfast(['keys', 'list'], { cwd: never })
    expect([code, stderr]).toEqual([3, expect.stringMatching(/^holdfast: [^\n]*\n$/)])
  })

  it('status and reseal say how to begin where nothing is sealed', async () => {
    const cwd = newApp(configFile({ driver: 'file' }))
    for (const command of ['status', 'reseal']) {
      expect(await holdfast(['keys', command], { cwd })).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('holdfast keys generate'),
      })
    }
  })
})

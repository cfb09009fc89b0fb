import { describe, expect, it } from 'vitest'
import { GOOD_KEY, load, loadJson, saidBy } from './support.ts'

const read = async (env: Readonly<Record<string, string>>, config: object = {}) => (await loadJson(config, env)).config

describe('the environment', () => {
  it('counts before the file', async () => {
    const file = { driver: 'memory', lifetime: { idleSeconds: 100 }, cookie: { name: 'a', secure: true }, database: { table: 'a' } }
    const env = {
      SESSION_DRIVER: 'redis',
      SESSION_LIFETIME: '60',
      SESSION_COOKIE_NAME: 'b',
      SESSION_COOKIE_SECURE: 'off',
      SESSION_TABLE: 'b',
    }
    expect(await read(env, file)).toMatchObject({
      driver: 'redis',
      lifetime: { idleSeconds: 60 },
      cookie: { name: 'b', secure: false },
      database: { table: 'b' },
    })
  })

  it('counts behind the file where a variable is the whole application’s: keys and URLs', async () => {
    const env = { APP_KEY: 'x'.repeat(32), REDIS_URL: 'redis://env', DATABASE_URL: 'postgres://env' }
    expect(await read(env)).toMatchObject({
      keys: { main_key: 'x'.repeat(32) },
      redis: { url: 'redis://env' },
      database: { url: 'postgres://env' },
    })
    const file = { keys: { v1: GOOD_KEY }, redis: { url: 'redis://file' }, database: { url: 'postgres://file' } }
    expect(await read(env, file)).toMatchObject(file)
    expect((await read(env, file)).keys).toEqual({ v1: GOOD_KEY })
  })

  it('says nothing by a variable that is empty', async () => {
    const names = [
      'SESSION_DRIVER',
      'SESSION_LIFETIME',
      'SESSION_COOKIE_SECURE',
      'SESSION_FILE_PATH',
      'APP_KEY',
      'REDIS_URL',
      'SESSION_COOKIE_SECUR',
    ]
    const { file, ...config } = await read(Object.fromEntries(names.map((name) => [name, ''])), { cookie: { name: 'a' } })
    expect(config).toEqual({ driver: 'file', cookie: { name: 'a' } })
    expect(file?.path).toMatch(/var\/sessions$/)
  })

  it('names the option, the variable and what is allowed, when a value is none of it', async () => {
    const wrong: [Readonly<Record<string, string>>, string][] = [
      [
        { SESSION_ENCRYPT: 'ja' },
        `Option 'encrypt': the environment variable SESSION_ENCRYPT must be true, false, 1, 0, on, off, yes or no, not "ja".`,
      ],
      [{ SESSION_COOKIE_SECURE: ' true' }, 'must be true, false, 1, 0, on, off, yes or no, or auto, not " true".'],
      [
        { SESSION_COOKIE_SAMESITE: 'Lux' },
        `Option 'cookie.sameSite': the environment variable SESSION_COOKIE_SAMESITE must be Lax, or Strict, or None, not "Lux".`,
      ],
      [
        { SESSION_LIFETIME: '0' },
        `Option 'lifetime.idleSeconds': the environment variable SESSION_LIFETIME must be a number above 0, in plain digits, not "0".`,
      ],
      [{ SESSION_LIFETIME: '-5' }, 'not "-5".'],
      [{ SESSION_LIFETIME: '1e3' }, 'not "1e3".'],
      [{ SESSION_LIFETIME: '7200 ' }, 'not "7200 ".'],
      [{ SESSION_COOKIE_LIFETIME: '1.5' }, 'SESSION_COOKIE_LIFETIME must be a whole number from 0 to 34560000, not "1.5".'],
      [{ SESSION_COOKIE_LIFETIME: '34560001' }, 'SESSION_COOKIE_LIFETIME must be a whole number from 0 to 34560000'],
      [{ SESSION_DRIVER: 'rediss' }, "Option 'SESSION_DRIVER': Unsupported session driver: rediss. Did you mean 'redis'?"],
    ]
    for (const [env, message] of wrong) expect(await saidBy(() => read(env)), message).toContain(message)
  })

  it('refuses a variable of ours that is misspelt, and leaves those of others alone', async () => {
    for (const [slip, meant] of [
      ['SESSION_COOKIE_SECUR', 'SESSION_COOKIE_SECURE'],
      ['SESSION_COOKIE_HTTP_ONLY', 'SESSION_COOKIE_HTTPONLY'],
      ['SESSION_COOKIE_SAME_SITE', 'SESSION_COOKIE_SAMESITE'],
      ['SESSION_DRIVERS', 'SESSION_DRIVER'],
      ['SESSION_LIFE_TIME', 'SESSION_LIFETIME'],
      ['SESSION_ENABLE', 'SESSION_ENABLED'],
      ['REDIS_SESSION_CONECTION', 'REDIS_SESSION_CONNECTION'],
    ] as const) {
      expect(await saidBy(() => read({ [slip]: '1' }))).toContain(
        `Option '${slip}': is an environment variable that is not known. Did you mean '${meant}'?`,
      )
    }
    const others = [
      'SESSION_MANAGER',
      'SESSION_SECRET',
      'SESSIONNAME',
      'SESSION_ID',
      'SESSION_HASH',
      'SESSION_AUTH',
      'SESSION_SECURE_COOKIE',
      'SESSION_NAME',
      'APP_KEYS',
    ]
    expect(await read(Object.fromEntries(others.map((name) => [name, '1'])))).toMatchObject({ driver: 'file' })
  })

  it('shows no key and no password in what it says', async () => {
    const secret = 'correct-horse-battery-staple'
    expect(await saidBy(() => read({ SESSION_ENCRYPT: '1', APP_KEY: secret }))).not.toContain(secret)
    expect(await saidBy(() => load({ 'config/session.mlc': `encrypt = true\nkeys {\n v1 = ${secret}\n}` }))).not.toContain(secret)
  })
})

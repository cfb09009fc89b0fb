import { describe, expect, it } from 'vitest'
import { installation, ranIn } from './installed.ts'

/** Prints what each of these configurations is answered with, and the packages that were loaded meanwhile. */
function program(...configs: readonly object[]): string {
  return `
    import { createDriver } from 'holdfast/config'
    for (const config of ${JSON.stringify(configs)}) {
      try {
        const { driver, close } = await createDriver(config)
        console.log(driver.name)
        await close()
      } catch (error) {
        console.log(error.code + ' ' + error.message)
      }
    }
  `
}

describe('a client that is not installed', () => {
  it('is answered with the command that installs it, and what is chosen otherwise is not asked for', async () => {
    const folder = installation()
    const redis = { driver: 'redis', redis: { url: 'redis://127.0.0.1' } }
    const lines = await ranIn(
      folder,
      program(
        { driver: 'file', redis: redis.redis, database: { url: 'postgres://a/b' } },
        redis,
        { ...redis, redis: { ...redis.redis, library: 'ioredis' } },
        { driver: 'database', database: { url: 'postgres://a:secret@b/c' } },
        { driver: 'database', database: { url: 'postgres://a/b', library: 'postgres' } },
        { driver: 'database', database: { url: 'mysql://a/b' } },
        { driver: 'database', database: { url: 'mariadb://a/b' } },
        { driver: 'database', database: { url: 'sqlite:x.db', library: 'better-sqlite3' } },
        { driver: 'database', database: { url: 'sqlite:x.db', library: 'bun:sqlite' } },
        { driver: 'database', database: { url: 'sqlite:x.db' } },
      ),
    )
    const missing = (option: string, name: string): string =>
      `ERR_SESSION_CONFIG Option '${option}': needs the package ${name}, which is not installed: npm install ${name}`
    expect(lines.split('\n')).toEqual([
      'file',
      missing('redis', 'redis'),
      missing('redis', 'ioredis'),
      missing('database', 'pg'),
      missing('database', 'postgres'),
      missing('database', 'mysql2'),
      missing('database', 'mariadb'),
      missing('database', 'better-sqlite3'),
      "ERR_SESSION_CONFIG Option 'database': needs bun:sqlite, which this runtime does not have.",
      'database',
    ])
  })

  it('leaves the way to the next one that fits, when nobody has named it', async () => {
    const folder = installation(['ioredis', 'mariadb', 'postgres'])
    const databases = ['postgres://127.0.0.1:1/a', 'mysql://127.0.0.1:1/a', 'mariadb://127.0.0.1:1/a'].map((url) => ({
      driver: 'database',
      database: { url },
    }))
    const lines = await ranIn(folder, program({ driver: 'redis', redis: { url: 'redis://127.0.0.1:1' } }, ...databases))
    expect(lines.split('\n')).toEqual(['redis', 'database', 'database', 'database'])
  })

  it('is not mistaken for one that is there and is broken', async () => {
    const folder = installation([], {
      'broken/package.json': '{ "name": "pg", "type": "module", "exports": "./index.js" }',
      'broken/index.js': "import 'pg-pool'",
    })
    const link = "import { symlinkSync } from 'node:fs'\nsymlinkSync('../broken', 'node_modules/pg')\n"
    const lines = await ranIn(folder, link + program({ driver: 'database', database: { url: 'postgres://a/b' } }))
    expect(lines).toBe("ERR_SESSION_CONFIG Option 'database': the package pg is there and could not be loaded.")
  })
})

describe('an application that is configured', () => {
  it('reads its configuration in TypeScript, serves, and ends by itself when it is closed', async () => {
    const folder = installation(['fs-native-extensions'], {
      'session.config.ts':
        "import { defineSessionConfig } from 'holdfast/config'\nexport default defineSessionConfig({ cookie: { name: 'n' as string } })",
    })
    const application = `
      import { createSessionManager, loadSessionConfig } from 'holdfast/config'
      import { session } from 'holdfast/fetch'
      const loaded = await loadSessionConfig()
      const sessions = await createSessionManager(loaded)
      const handle = session(sessions, loaded.session)((_request, { session }) => new Response(String(session.increment('visits'))))
      const first = await handle(new Request('https://example.com/'))
      const cookie = first.headers.get('set-cookie').split(';')[0]
      const second = await handle(new Request('https://example.com/', { headers: { cookie } }))
      console.log(cookie.split('=')[0], await first.text(), await second.text())
      await sessions.close()
    `
    expect(await ranIn(folder, application, { SESSION_LIFETIME: '600' })).toBe('__Host-n 1 2')
  })
})

import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createSessionManager, loadSessionConfig } from '../../src/config/index.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { keyOf } from '../manager/support/shop.ts'
import { GOOD_KEY, application, load, loadJson, vectorText } from './support.ts'

const FILES = ['skeleton.mlc', 'skeleton-first.mlc', 'cms.mlc']

describe('the configuration of the PHP library’s framework', () => {
  it('S-416: its keys are read: driver, lifetime, file.path, database.table, redis.prefix, cookie, enabled, except', async () => {
    const { config, session } = await loadJson({
      session: {
        driver: 'redis',
        lifetime: 600,
        file: { path: 'a' },
        database: { table: 'b' },
        redis: { prefix: 'c:' },
        cookie: { name: 'n', path: '/p', domain: 'example.com', secure: true, httponly: true, same_site: 'strict' },
        enabled: false,
        except: ['/api', '#^/admin/\\d+$#'],
      },
    })
    expect(config).toMatchObject({
      driver: 'redis',
      lifetime: { idleSeconds: 600 },
      database: { table: 'b' },
      redis: { prefix: 'c:' },
      cookie: { name: 'n', path: '/p', domain: 'example.com', secure: true, httpOnly: true, sameSite: 'Strict' },
    })
    expect(config.file?.path).toMatch(/\/a$/)
    expect(session).toEqual({ enabled: false, except: ['/api', '#^/admin/\\d+$#'] })
  })

  it('S-417: lifetime is the cookie’s too, where that has none of its own', async () => {
    expect((await loadJson({ lifetime: 600 })).config.cookie?.lifetimeSeconds).toBe(600)
    expect((await loadJson({ lifetime: 600 }, { SESSION_LIFETIME: '60' })).config).toMatchObject({
      lifetime: { idleSeconds: 60 },
      cookie: { lifetimeSeconds: 60 },
    })
    expect((await loadJson({ lifetime: 600, cookie: { lifetime: 50 } })).config.cookie?.lifetimeSeconds).toBe(50)
    expect((await loadJson({ lifetime: 600 }, { SESSION_COOKIE_LIFETIME: '70' })).config.cookie?.lifetimeSeconds).toBe(70)
    expect((await loadJson({ lifetime: { idleSeconds: 600 } })).config.cookie).toBeUndefined()
  })

  it('S-418: encrypt, which does nothing there, seals here', async () => {
    const { config } = await load({ 'config/session.mlc': vectorText('skeleton.mlc') }, { SESSION_ENCRYPT: 'true', APP_KEY: GOOD_KEY })
    const driver = new MemoryDriver({ acknowledged: true })
    const sessions = await createSessionManager({ ...config, driver })
    const visit = await sessions.start()
    visit.set('secret', 'correct horse')
    await visit.save()
    const found = await driver.read(keyOf(visit.id))
    expect(found?.kind === 'record' && found.record.payload.includes('correct horse')).toBe(false)
    await sessions.close()
  })

  it('S-419 S-420: the files of the skeleton, of its first commit and of the CMS are read, with sessions in var/sessions of the application', async () => {
    for (const file of FILES) {
      const cwd = application({ 'config/session.mlc': vectorText(file) })
      const { config } = await loadSessionConfig({ cwd, env: {} })
      expect(config).toMatchObject({
        driver: 'file',
        file: { path: join(cwd, 'var/sessions') },
        database: { table: 'sessions' },
        redis: { connection: 'default' },
        lifetime: { idleSeconds: 7200 },
        cookie: { name: 'ml_session', lifetimeSeconds: 7200, path: '/', secure: true, httpOnly: true, sameSite: 'Lax' },
        encrypt: false,
      })
      expect(config.cookie).not.toHaveProperty('domain')
      const other = await loadSessionConfig({
        cwd,
        env: { SESSION_DRIVER: 'redis', SESSION_COOKIE_SECURE: 'off', SESSION_COOKIE_DOMAIN: 'example.com' },
      })
      expect(other.config).toMatchObject({ driver: 'redis', cookie: { secure: false, domain: 'example.com' } })
    }
  })

  it('S-419: the CMS’s list of excepted paths is read, and its switch', async () => {
    const files = { 'config/session.mlc': vectorText('cms.mlc') }
    expect((await load(files)).session).toEqual({ enabled: true, except: ['#^/admin/content/\\d+/lock/release$#'] })
    expect((await load(files, { SESSION_ENABLED: 'no' })).session.enabled).toBe(false)
  })
})

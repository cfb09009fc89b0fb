import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as door from '../../src/index.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { openShop } from '../manager/support/shop.ts'
import { newSession, onEachDriver, requests } from './support.ts'

const ROOT = new URL('../../', import.meta.url)
const textOf = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8')
const packageOf = (path: string): Record<string, Record<string, string> | undefined> => JSON.parse(textOf(`${path}package.json`))

describe('the package', () => {
  it('S-001: what the core needs, needs nothing itself; what a driver or framework needs is optional', () => {
    const { dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = packageOf('')
    expect(Object.keys(dependencies)).toEqual(['@standard-schema/spec', 'commander', 'cookie', 'devalue'])
    for (const name of Object.keys(dependencies)) expect(packageOf(`node_modules/${name}/`).dependencies ?? {}).toEqual({})
    expect(Object.keys(peerDependenciesMeta)).toEqual(Object.keys(peerDependencies))
    expect(Object.values(peerDependenciesMeta).every((meta) => Reflect.get(Object(meta), 'optional') === true)).toBe(true)
  })

  it('S-001: each driver and adapter has a door of its own', () => {
    const doors = [
      '.',
      './database',
      './encryption',
      './file',
      './memory',
      './redis',
      './fetch',
      './node',
      './express',
      './fastify',
      './koa',
      './hono',
      './nest',
      './next',
      './h3',
      './elysia',
      './react-router',
      './sveltekit',
      './context',
      './config',
      './container',
      './move-in',
      './interop',
      './passport',
      './opentelemetry',
      './testing',
      './package.json',
    ]
    expect(Object.keys(packageOf('').exports ?? {})).toEqual(doors)
  })

  it('S-002: the supported Node is stated, in the package and in the README', () => {
    const { node = '' } = packageOf('').engines ?? {}
    expect(node).toMatch(/^>=\d+\.\d+$/)
    expect(textOf('README.md')).toContain(`Node ${node.slice(2)} or newer`)
  })

  it('S-003: the README installs it with one line', () => {
    expect(textOf('README.md')).toMatch(/\n```sh\nnpm install holdfast\n```\n/)
  })

  it('S-004 S-006: drivers are switched without another word, and each keeps its updates under a lock', async () => {
    await onEachDriver(async (driver) => {
      const sessions = new SessionManager({ driver })
      const { id } = await sessions.run(undefined, (session) => ({ n: session.increment('n'), id: session.id }))
      const raise = (): Promise<number> =>
        sessions.run(id, async (session) => {
          const before = Number(session.get('n'))
          await new Promise((resolve) => setImmediate(resolve))
          session.set('n', before + 1)
          return before + 1
        })
      await Promise.all(Array.from({ length: 10 }, raise))
      expect(await sessions.run(id, (session) => session.get('n'))).toBe(11)
    })
  })

  it('S-005: a session is made of the three bags', async () => {
    const session = await newSession()
    session.attributes.set('a', 1)
    session.flashes.set('b', 2)
    session.setUserId(3)
    expect([session.get('a'), session.getFlash('b'), session.metadata.userId]).toEqual([1, 2, '3'])
    expect([session.bag('attributes'), session.bag('flash'), session.bag('metadata')]).toEqual([
      session.attributes,
      session.flashes,
      session.metadata,
    ])
  })

  it('S-008: a token is there without being asked for once a session is stored', async () => {
    const { sessions, stored } = openShop()
    const id = await stored()
    expect(await sessions.run(id, (session) => session.currentToken)).toMatch(/^[0-9a-f]{80}$/)
  })

  it('S-009: flash data makes one hop', async () => {
    const seen: unknown[] = []
    await requests(
      openShop(),
      (session) => session.flash('status', 'saved'),
      (session) => seen.push(session.getFlash('status')),
      (session) => seen.push(session.getFlash('status')),
    )
    expect(seen).toEqual(['saved', undefined])
  })

  it('S-010 S-383: an id that an attacker chose is not taken, and that of before the login opens nothing after it', async () => {
    const { sessions } = openShop()
    const planted = 'a'.repeat(40)
    let before = ''
    const after = await sessions.run(planted, async (session) => {
      before = session.id
      session.set('cart', [1])
      await session.save({ keepOpen: true })
      await session.regenerate({ destroy: true })
      session.setUserId(7)
      return session.id
    })
    expect(new Set([planted, before, after]).size).toBe(3)
    expect(await sessions.run(before, (session) => session.userId)).toBeUndefined()
    expect(await sessions.run(after, (session) => [session.userId, session.get('cart')])).toEqual(['7', [1]])
  })

  it('S-011: dots go into what is nested', async () => {
    const session = await newSession()
    session.set('user.profile.name', 'Ada')
    expect(session.get('user')).toEqual({ profile: { name: 'Ada' } })
  })

  it('S-013: id, isStarted and name can be read and not be set', async () => {
    const session = await newSession()
    for (const name of ['id', 'isStarted', 'name']) expect(Reflect.set(session, name, 'x'), name).toBe(false)
    expect([session.isStarted, session.name]).toEqual([true, 'ml_session'])
  })

  it('S-014: what the seed names has a counterpart here', () => {
    const names = [
      'AttributeBag',
      'CsrfError',
      'FlashBag',
      'MetadataBag',
      'NativeSerializer',
      'SessionError',
      'SessionLockError',
      'SessionManager',
    ]
    expect(Object.keys(door)).toEqual(expect.arrayContaining(names))
  })

  it('S-016: the tests and the type check have commands of their own', () => {
    const { scripts = {} } = packageOf('')
    expect(scripts['test']).toContain('vitest run')
    expect(scripts['types']).toContain('tsc')
  })

  it('S-017: the licence is MIT', () => {
    expect(textOf('LICENSE')).toContain('MIT License')
    expect(packageOf('').license).toBe('MIT')
  })
})

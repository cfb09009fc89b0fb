import { describe, expect, it } from 'vitest'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { connectSid, ironSession, moveInFrom } from '../../src/move-in/index.ts'
import { OldStore } from './world.ts'

const store = new OldStore()
const unseal = async (): Promise<object> => ({})
const PASSWORD = 'a password of thirty-two characters, or more'

/** The option that a mistake is named by. */
function named(make: () => unknown): string {
  try {
    make()
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_SESSION_CONFIG' })
    const { message } = error as Error
    expect(message).not.toContain('a secret')
    return /^Option '([^']+)'/.exec(message)?.[1] ?? ''
  }
  return 'taken'
}

describe('a mistake in the options is named when they are made', () => {
  it('of connectSid', () => {
    const made = (options: object): string => named(() => connectSid({ store, secrets: 'a secret', ...options }))
    expect(made({})).toBe('taken')
    expect(made({ secrets: ['a secret', 'a secret of before'] })).toBe('taken')
    expect(made({ secrets: '' })).toBe('connectSid.secrets')
    expect(made({ secrets: [] })).toBe('connectSid.secrets')
    expect(made({ secrets: ['a secret', ''] })).toBe('connectSid.secrets')
    expect(made({ secrets: undefined })).toBe('connectSid.secrets')
    expect(made({ secrets: [1] })).toBe('connectSid.secrets')
    expect(made({ store: undefined })).toBe('connectSid.store')
    expect(made({ store: { get: () => undefined } })).toBe('connectSid.store')
    expect(made({ name: 'a b' })).toBe('connectSid.name')
    expect(made({ lifetimeSeconds: 0 })).toBe('connectSid.lifetimeSeconds')
    expect(made({ answerSeconds: -1 })).toBe('connectSid.answerSeconds')
    // Longer than any timer: it would go off at once.
    expect(made({ answerSeconds: 3_000_000 })).toBe('connectSid.answerSeconds')
    expect(made({ userId: 'passport.user' })).toBe('connectSid.userId')
    expect(made({ cookie: { secure: true } })).toBe('connectSid.cookie.secure')
    expect(made({ secret: 'a secret' })).toBe('connectSid.secret')
  })

  it('of ironSession', () => {
    const made = (options: object): string => named(() => ironSession({ cookieName: 'shop', password: PASSWORD, unseal, ...options }))
    expect(made({})).toBe('taken')
    expect(made({ password: { 1: PASSWORD, 2: PASSWORD }, ttl: 0 })).toBe('taken')
    expect(made({ password: 'a secret' })).toBe('ironSession.password')
    expect(made({ password: 'x'.repeat(31) })).toBe('ironSession.password')
    expect(made({ password: 'x'.repeat(32) })).toBe('taken')
    expect(made({ password: {} })).toBe('ironSession.password')
    expect(made({ password: { 1: PASSWORD, 2: 'a secret' } })).toBe('ironSession.password')
    expect(made({ unseal: undefined })).toBe('ironSession.unseal')
    expect(made({ cookieName: '' })).toBe('ironSession.cookieName')
    expect(made({ ttl: -1 })).toBe('ironSession.ttl')
    expect(made({ store })).toBe('ironSession.store')
  })

  it('of moveInFrom and of the manager', () => {
    const source = connectSid({ store, secrets: 'a secret' })
    const made = (...given: unknown[]): string => named(() => Reflect.apply(moveInFrom, undefined, given))
    expect(made([source])).toBe('taken')
    expect(made([source], { keepOldUntil: new Date() })).toBe('taken')
    expect(made([])).toBe('moveIn')
    expect(made([{}])).toBe('moveIn')
    expect(made([source, source])).toBe('moveIn')
    expect(made([source], { keepOldUntil: '2027-01-31' })).toBe('moveIn.keepOldUntil')
    expect(made([source], { keepOldUntil: new Date('never') })).toBe('moveIn.keepOldUntil')
    expect(made([source], { keepOldUntil: new Date(Date.now() + 400 * 86_400_000) })).toBe('moveIn.keepOldUntil')
    expect(made([source], { window: 1 })).toBe('moveIn.window')
    expect(named(() => new SessionManager({ driver: new MemoryDriver(), moveIn: [source] as never }))).toBe('moveIn')
  })

  it('of a driver that has no locks', () => {
    const moveIn = moveInFrom([connectSid({ store, secrets: 'a secret' })])
    const driver = new Proxy(new MemoryDriver(), { get: (target, name) => (name === 'acquire' ? undefined : Reflect.get(target, name)) })
    expect(named(() => new SessionManager({ driver, concurrency: 'merge' }))).toBe('taken')
    expect(named(() => new SessionManager({ driver, concurrency: 'merge', moveIn }))).toBe('moveIn')
  })
})

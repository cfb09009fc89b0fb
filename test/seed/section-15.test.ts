import { describe, expect, it } from 'vitest'
import { CsrfError, SessionError, SessionLockError, isSessionError } from '../../src/session/errors.ts'
import { keyOf } from '../manager/support/shop.ts'

const key = keyOf('a'.repeat(40))

describe('errors say what the seed’s say, and what to do next', () => {
  it('S-390: alreadyStarted', () => {
    expect(SessionError.alreadyStarted().message).toMatch(/^Session has already been started\. ./)
  })

  it('S-391: notStarted', () => {
    expect(SessionError.notStarted().message).toMatch(/^Session has not been started yet\. ./)
  })

  it('S-393: serializationFailed', () => {
    expect(SessionError.serializationFailed().message).toBe('Failed to serialize session data.')
    expect(SessionError.serializationFailed("'a.b' is a function.").message).toBe("Failed to serialize session data. 'a.b' is a function.")
  })

  it('S-394: deserializationFailed', () => {
    expect(SessionError.deserializationFailed().message).toBe('Failed to deserialize session data.')
    expect(SessionError.deserializationFailed('Why.').message).toBe('Failed to deserialize session data. Why.')
  })

  it('S-395: driverFailed names the operation and answers 503', () => {
    expect(SessionError.driverFailed('open').message).toBe("Session driver operation 'open' failed.")
    expect(SessionError.driverFailed('write', 'Why.')).toMatchObject({
      message: "Session driver operation 'write' failed. Why.",
      status: 503,
    })
  })

  it('S-396: securityValidationFailed', () => {
    expect(SessionError.securityValidationFailed('why')).toMatchObject({ message: 'Session security validation failed: why', status: 403 })
  })

  it('S-398: timeout names the hash and the seconds', () => {
    expect(SessionLockError.timeout(key, 30).message).toContain(`Failed to acquire lock for session '${key}' within 30 seconds. `)
  })

  it('S-399: acquisitionFailed', () => {
    expect(SessionLockError.acquisitionFailed(key).message).toBe(`Failed to acquire lock for session '${key}'.`)
    expect(SessionLockError.acquisitionFailed(key, 'why').message).toBe(`Failed to acquire lock for session '${key}'. Reason: why`)
  })

  it('S-400: releaseFailed', () => {
    expect(SessionLockError.releaseFailed(key).message).toBe(`Failed to release lock for session '${key}'.`)
    expect(SessionLockError.releaseFailed(key, 'why').message).toBe(`Failed to release lock for session '${key}'. Reason: why`)
  })

  it('S-401 S-402: alreadyLocked and notLocked', () => {
    expect(SessionLockError.alreadyLocked(key).message).toBe(`Session '${key}' is already locked.`)
    expect(SessionLockError.notLocked(key).message).toBe(`Session '${key}' is not locked.`)
  })

  it('S-403: a reason that is empty or 0 adds nothing', () => {
    for (const nothing of ['', '0']) {
      expect(SessionError.driverFailed('open', nothing).message).toBe("Session driver operation 'open' failed.")
      expect(SessionLockError.releaseFailed(key, nothing).message).not.toContain('Reason')
    }
  })

  it('S-404: each is a SessionError with a code of its own, lock errors and CSRF among them', () => {
    const errors = [SessionError.gone(), SessionError.config('driver', 'x'), SessionLockError.self(key), new CsrfError('x')]
    expect(errors.every((error) => error instanceof SessionError && isSessionError(error))).toBe(true)
    expect(new Set(errors.map((error) => error.code)).size).toBe(errors.length)
  })
})

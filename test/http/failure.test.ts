import { describe, expect, it } from 'vitest'
import { errorResponseWords } from '../../src/http/failure.ts'
import { CsrfError, SessionError, SessionLockError } from '../../src/session/errors.ts'
import { asStoreKey } from '../../src/session/id.ts'

const key = asStoreKey('ab'.repeat(32)) ?? expect.unreachable()

describe('errorResponseWords', () => {
  it('ASVS-16.5.2: answers 503 and asks to try again when the store or the lock failed', () => {
    const errors = [
      SessionError.driverFailed('read', 'connect ECONNREFUSED 10.0.0.5'),
      SessionLockError.timeout(key, 30),
      SessionLockError.queueFull(key, 64),
      SessionLockError.lost(key),
    ]
    for (const error of errors) {
      expect(errorResponseWords(error)).toEqual({
        status: 503,
        headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', 'retry-after': '1' },
        body: 'Service Unavailable',
      })
    }
  })

  it('answers 403 to a forged request, or the status that was chosen', () => {
    expect(errorResponseWords(new CsrfError('origin'))).toMatchObject({ status: 403, body: 'Forbidden' })
    expect(errorResponseWords(new CsrfError('origin', 419))).toMatchObject({ status: 419, body: 'Page Expired' })
    expect(errorResponseWords(new CsrfError('origin', 400))).toMatchObject({ status: 400, body: 'Request refused' })
    expect(errorResponseWords(new CsrfError('origin')).headers).not.toHaveProperty('retry-after')
  })

  it('answers 500 to everything else', () => {
    for (const error of [SessionLockError.self(key), SessionError.gone(), new Error('x'), 'x', undefined, null, { status: 404 }]) {
      expect(errorResponseWords(error)).toMatchObject({ status: 500, body: 'Internal Server Error' })
      expect(errorResponseWords(error).headers).not.toHaveProperty('retry-after')
    }
  })

  it('takes no odd status from an error of another installed copy', () => {
    for (const status of [200, 700, 503.5, '503', undefined]) expect(errorResponseWords({ isSessionError: true, status }).status).toBe(500)
    expect(errorResponseWords({ isSessionError: true, status: 503 }).status).toBe(503)
  })

  it('ASVS-16.5.1: tells the client nothing of the cause', () => {
    const answers = [
      SessionError.driverFailed('read', 'secret'),
      SessionLockError.timeout(key, 30),
      new CsrfError('secret'),
      new Error('secret'),
    ].map(errorResponseWords)
    expect(JSON.stringify(answers)).not.toMatch(/secret|abab|lock/i)
  })
})

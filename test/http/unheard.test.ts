import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { tellUnheard } from '../../src/http/unheard.ts'
import { SessionError, SessionLockError } from '../../src/session/errors.ts'
import { newKey } from '../../src/testing/suite/records.ts'

let now = Date.now()

beforeEach(() => {
  now += 3_600_000
  vi.spyOn(Date, 'now').mockImplementation(() => now)
})
afterEach(() => vi.restoreAllMocks())

function told(...errors: readonly unknown[]): string[] {
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  for (const error of errors) tellUnheard(error)
  return warned.mock.calls.map((call) => call.join(' '))
}

it('each kind of failure is told of by itself', () => {
  const lines = told(
    SessionError.driverFailed('read'),
    SessionLockError.timeout(newKey(), 5),
    new TypeError('no such thing'),
    SessionError.driverFailed('commit'),
  )
  expect(lines).toEqual([
    expect.stringMatching(/^Requests are answered with 503 .*: SessionError: .*'read' failed/),
    expect.stringMatching(/^Requests are answered with 503 .*: SessionLockError: /),
    expect.stringMatching(/^Requests are answered with 500 .*: TypeError: no such thing\n +at /),
  ])
})

it('what a visitor did is not told of: a refusal, changes that do not fit together, a client that hung up', () => {
  const refusals = [SessionError.securityValidationFailed('cross-site'), SessionError.conflict('what'), SessionError.notFresh()]
  expect(told(...refusals, SessionError.aborted(new Error('gone')))).toEqual([])
})

it('what hangs on an error is not told', () => {
  const [line] = told(SessionError.driverFailed('commit', 'It said no.', { cause: { row: 'secret' } }))
  expect(line).toContain('It said no.')
  expect(line).not.toContain('secret')
  expect(told('secret')).toContainEqual(expect.stringMatching(/with 500 .*: something was thrown that is no error$/))
})

import { beforeEach, describe, expect, it, vi } from 'vitest'
import { calmSignal } from '../../../src/adapters/react-router/calm-signal.ts'

function asked(): { readonly request: Request; readonly hangUp: AbortController } {
  const hangUp = new AbortController()
  return { hangUp, request: new Request('https://app.example/', { signal: hangUp.signal }) }
}

describe('the signal that handlers see while a session is open', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    return () => vi.useRealTimers()
  })

  it('tells that the client has hung up when they have had the time to end', () => {
    const { request, hangUp } = asked()
    calmSignal(request, 5000)
    hangUp.abort(new Error('gone'))
    vi.advanceTimersByTime(4999)
    expect(request.signal.aborted).toBe(false)
    vi.advanceTimersByTime(1)
    expect(request.signal.reason).toEqual(new Error('gone'))
  })

  it('tells it at once when the session has ended, whether it was before or comes later', () => {
    const [early, late] = [asked(), asked()]
    const [endEarly, endLate] = [calmSignal(early.request), calmSignal(late.request)]
    early.hangUp.abort()
    endEarly()
    endLate()
    expect([early.request.signal.aborted, late.request.signal.aborted]).toEqual([true, false])
    late.hangUp.abort()
    expect(late.request.signal.aborted).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is the request’s own where that cannot be changed', () => {
    const { request, hangUp } = asked()
    Object.freeze(request)
    calmSignal(request)()
    hangUp.abort()
    expect(request.signal.aborted).toBe(true)
  })
})

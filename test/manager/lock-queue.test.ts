import { describe, expect, it } from 'vitest'
import { LockQueue } from '../../src/manager/lock-queue.ts'
import type { Handed, Seat, Wait } from '../../src/manager/lock-queue.ts'
import { SessionError } from '../../src/session/errors.ts'
import { keyOf } from './support/shop.ts'

const KEY = keyOf('a'.repeat(40))
const OTHER = keyOf('b'.repeat(40))

function wait(seconds = 30, signal?: AbortSignal): Wait {
  return { deadline: performance.now() + seconds * 1000, waitSeconds: seconds, signal, isAborted: signal?.aborted === true }
}

function handed(token: string): Handed {
  const version = { counter: 1, writeToken: token }
  return {
    lease: { key: KEY, token, version },
    now: 0,
    record: {
      payload: '{}',
      flash: '{}',
      version,
      handle: 'h',
      createdAt: 0,
      authenticatedAt: undefined,
      regeneratedAt: undefined,
      lastActivity: 0,
      expiresAt: 1,
      userId: undefined,
      ipAddress: undefined,
      userAgent: undefined,
    },
  }
}

/** The seat that is there at once. */
function seatNow(seat: Seat | Promise<Seat>): Seat {
  if (seat instanceof Promise) throw new Error('somebody is there already')
  return seat
}

describe('the line of a key', () => {
  it('lets the first one in at once, and keeps nothing when all have left', () => {
    const queue = new LockQueue(64)
    const seat = seatNow(queue.enter(KEY, wait()))
    expect(queue.size).toBe(1)
    seatNow(queue.enter(OTHER, wait())).leave()
    expect(queue.size).toBe(1)
    seat.leave()
    seat.leave()
    expect(queue.size).toBe(0)
  })

  it('lets the others in one by one, first come, first served', async () => {
    const queue = new LockQueue(64)
    let seat = seatNow(queue.enter(KEY, wait()))
    const order: number[] = []
    const waiters = [1, 2, 3].map(async (each) => {
      const mine = await queue.enter(KEY, wait())
      order.push(each)
      return mine
    })
    for (const waiter of waiters) {
      seat.leave()
      seat = await waiter
    }
    expect(order).toEqual([1, 2, 3])
    seat.leave()
    expect(queue.size).toBe(0)
  })

  it('has room for maxWaiters; the next is refused at once', async () => {
    const queue = new LockQueue(64)
    const seat = seatNow(queue.enter(KEY, wait()))
    const waiters = Array.from({ length: 64 }, () => Promise.resolve(queue.enter(KEY, wait())).then((mine) => mine.leave()))
    await expect(Promise.resolve(queue.enter(KEY, wait()))).rejects.toMatchObject({ code: 'ERR_SESSION_LOCK_QUEUE_FULL', status: 503 })
    seat.leave()
    await Promise.all(waiters)
    expect(queue.size).toBe(0)
  })

  it('lets nobody wait when maxWaiters is 0', async () => {
    const queue = new LockQueue(0)
    seatNow(queue.enter(KEY, wait()))
    await expect(Promise.resolve(queue.enter(KEY, wait()))).rejects.toMatchObject({ code: 'ERR_SESSION_LOCK_QUEUE_FULL' })
  })

  it('makes room again when a waiter gives up', async () => {
    const queue = new LockQueue(1)
    const seat = seatNow(queue.enter(KEY, wait()))
    const hangUp = new AbortController()
    const first = queue.enter(KEY, wait(30, hangUp.signal))
    hangUp.abort(new Error('hung up'))
    await expect(Promise.resolve(first)).rejects.toMatchObject({ code: 'ERR_SESSION_ABORTED', cause: new Error('hung up') })
    const second = queue.enter(KEY, wait())
    seat.leave()
    ;(await second).leave()
    expect(queue.size).toBe(0)
  })

  it('ends a wait when its time is over, and passes the place on', async () => {
    const queue = new LockQueue(64)
    const seat = seatNow(queue.enter(KEY, wait()))
    const short = Promise.resolve(queue.enter(KEY, wait(0)))
    const long = queue.enter(KEY, wait())
    await expect(short).rejects.toMatchObject({ code: 'ERR_SESSION_LOCK_TIMEOUT' })
    seat.leave()
    ;(await long).leave()
    expect(queue.size).toBe(0)
  })

  it('takes nobody in who has hung up already', async () => {
    const queue = new LockQueue(64)
    const signal = AbortSignal.abort()
    await expect(Promise.resolve(queue.enter(KEY, wait(30, signal)))).rejects.toMatchObject({ code: 'ERR_SESSION_ABORTED' })
    expect(queue.size).toBe(0)
  })

  it('leaves no listener on the signal of a waiter, however its wait ended', async () => {
    const queue = new LockQueue(64)
    const counting = new AbortController()
    let listeners = 0
    const { signal } = counting
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...given: Parameters<typeof add>) => {
      listeners += 1
      add(...given)
    }
    signal.removeEventListener = (...given: Parameters<typeof remove>) => {
      listeners -= 1
      remove(...given)
    }
    const seat = seatNow(queue.enter(KEY, wait(30, signal)))
    const timedOut = Promise.resolve(queue.enter(KEY, wait(0, signal)))
    await expect(timedOut).rejects.toMatchObject({ code: 'ERR_SESSION_LOCK_TIMEOUT' })
    const admitted = queue.enter(KEY, wait(30, signal))
    seat.leave()
    ;(await admitted).leave()
    expect(listeners).toBe(0)
  })
})

describe('a seat', () => {
  it('is handed on to the first who waited when the mark was made', async () => {
    const queue = new LockQueue(64)
    const seat = seatNow(queue.enter(KEY, wait()))
    expect(seat.markWaiters()).toBeUndefined()
    const next = queue.enter(KEY, wait())
    const mark = seat.markWaiters()
    if (mark === undefined) return expect.unreachable()
    expect(seat.handOn(mark, handed('t1'))).toBe(true)
    const got = await next
    expect([got.handed?.lease.token, got.inARow]).toEqual(['t1', 1])
    expect(seat.handOn(mark, handed('t2'))).toBe(false)
    seat.leave()
    expect(queue.size).toBe(1)
    got.leave()
    expect(queue.size).toBe(0)
  })

  it('is kept when nobody is left who waited then', async () => {
    const queue = new LockQueue(64)
    const seat = seatNow(queue.enter(KEY, wait()))
    const hangUp = new AbortController()
    const early = Promise.resolve(queue.enter(KEY, wait(30, hangUp.signal)))
    const mark = seat.markWaiters()
    if (mark === undefined) return expect.unreachable()
    const late = queue.enter(KEY, wait())
    hangUp.abort()
    await expect(early).rejects.toMatchObject({ code: 'ERR_SESSION_ABORTED' })
    expect(seat.handOn(mark, handed('t1'))).toBe(false)
    seat.leave()
    const got = await late
    expect(got.handed).toBeUndefined()
    got.leave()
    expect(queue.size).toBe(0)
  })

  it('counts how many had it in a row, and begins anew when the line was empty', async () => {
    const queue = new LockQueue(64)
    let seat = seatNow(queue.enter(KEY, wait()))
    for (let each = 1; each <= 20; each++) {
      const next = queue.enter(KEY, wait())
      seat.leave()
      seat = await next
      expect(seat.inARow).toBe(each)
    }
    seat.leave()
    expect(seatNow(queue.enter(KEY, wait())).inARow).toBe(0)
  })
})

describe('a queue that was closed', () => {
  it('refuses who waits and who comes, and lets those at the heads end', async () => {
    const queue = new LockQueue(64)
    const seat = seatNow(queue.enter(KEY, wait()))
    const waiters = [1, 2, 3].map(() => Promise.resolve(queue.enter(KEY, wait())))
    const closed = SessionError.driverFailed('open', 'closed')
    queue.close(closed)
    expect(await Promise.allSettled(waiters)).toEqual([1, 2, 3].map(() => ({ status: 'rejected', reason: closed })))
    await expect(Promise.resolve(queue.enter(OTHER, wait()))).rejects.toBe(closed)
    expect(queue.size).toBe(1)
    seat.leave()
    expect(queue.size).toBe(0)
  })
})

import { SpanKind, SpanStatusCode, context, trace } from '@opentelemetry/api'
import { describe, expect, it } from 'vitest'
import type { SessionDriver } from '../../src/contracts/driver.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { isLocking } from '../../src/manager/abilities.ts'
import { idAsKey } from '../../src/manager/digest.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { instrumentSessions, tracedDriver } from '../../src/opentelemetry/index.ts'
import { SessionError } from '../../src/session/errors.ts'
import { newSessionId } from '../../src/session/id.ts'
import { SpyDriver } from '../manager/support/spy-driver.ts'
import { failureOf, keyOf } from '../manager/support/shop.ts'
import { Watchtower, parentOf, withContext } from './support.ts'

const DURATION = 'holdfast.session.store.duration'
const CONFLICTS = 'holdfast.session.store.conflicts'

/** A session of this user in a store, and the key that it lies under. */
async function stored(driver: SessionDriver, userId?: string): Promise<{ key: ReturnType<typeof keyOf>; id: string }> {
  const sessions = new SessionManager({ driver, concurrency: 'readonly' })
  const session = new SessionManager({ driver, assumeSingleProcess: true }).create()
  await session.start()
  session.set('card', 'PAYLOAD')
  if (userId !== undefined) session.setUserId(userId)
  await session.save()
  await sessions.ready()
  return { key: keyOf(session.id), id: session.id }
}

describe('a traced driver', () => {
  withContext()

  it('makes a client span of each step, under the span that is active', async () => {
    await using tower = new Watchtower()
    const driver = tracedDriver(new MemoryDriver(), tower)
    const { key } = await stored(driver)
    const request = tower.tracerProvider.getTracer('test').startSpan('GET /')
    await context.with(trace.setSpan(context.active(), request), () => driver.read(key))
    const span = tower.named('read session').at(-1)
    expect([span?.kind, span?.attributes, span?.status.code, parentOf(span)]).toEqual([
      SpanKind.CLIENT,
      {
        'db.system.name': 'memory',
        'db.operation.name': 'read',
        'holdfast.session.key': key,
        'holdfast.store.outcome': 'record',
      },
      SpanStatusCode.UNSET,
      request.spanContext().spanId,
    ])
  })

  it('is the active span of what the driver does, so that spans of its client come under it', async () => {
    await using tower = new Watchtower()
    const spy = new SpyDriver(new MemoryDriver())
    const driver = tracedDriver(spy, tower)
    spy.beforeNext('read', () => tower.tracerProvider.getTracer('client').startSpan('HMGET').end())
    await driver.read(keyOf(newSessionId()))
    expect(parentOf(tower.named('HMGET')[0])).toBe(tower.named('read session')[0]?.spanContext().spanId)
  })

  it('tells how each step ended, in span and histogram alike', async () => {
    await using tower = new Watchtower()
    const driver = tracedDriver(new MemoryDriver(), tower)
    const { key } = await stored(driver)
    await driver.read(keyOf(newSessionId()))
    const held = await driver.acquire(key, { token: 'a'.repeat(32), leaseMs: 1000 })
    await driver.acquire(key, { token: 'b'.repeat(32), leaseMs: 1000 })
    await driver.unlock({ key, token: 'a'.repeat(32) })
    await driver.unlock({ key, token: 'a'.repeat(32) })
    if (held.kind === 'held') await driver.renew(held.lease, 1000)
    for (const [operation, outcome] of [
      ['read', 'absent'],
      ['acquire', 'held'],
      ['acquire', 'busy'],
      ['unlock', 'done'],
      ['unlock', 'not-held'],
      ['renew', 'lost'],
      ['insert', 'done'],
    ] as const) {
      const wanted = { 'db.system.name': 'memory', 'db.operation.name': operation, 'holdfast.store.outcome': outcome }
      expect([operation, outcome, await tower.count(DURATION, wanted)]).toEqual([operation, outcome, 1])
      const spans = tower.spans.filter(({ attributes }) => Object.entries(wanted).every(([name, value]) => attributes[name] === value))
      expect([operation, outcome, spans.length]).toEqual([operation, outcome, 1])
    }
    expect(await tower.count(CONFLICTS)).toBe(2)
    expect(await tower.count(CONFLICTS, { 'db.operation.name': 'acquire', 'holdfast.store.outcome': 'busy' })).toBe(1)
    expect(await tower.count(CONFLICTS, { 'db.operation.name': 'renew', 'holdfast.store.outcome': 'lost' })).toBe(1)
  })

  it('measures in seconds, with the buckets of the semantic conventions', async () => {
    await using tower = new Watchtower()
    const driver = tracedDriver(new MemoryDriver(), tower)
    await driver.read(keyOf(newSessionId()))
    const metric = (await tower.metrics()).find(({ descriptor }) => descriptor.name === DURATION)
    expect(metric?.descriptor.unit).toBe('s')
    expect(metric?.dataPoints[0]?.value).toMatchObject({
      count: 1,
      buckets: { boundaries: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] },
    })
    const [span] = tower.named('read session')
    const value = metric?.dataPoints[0]?.value
    const seconds = (span?.duration[0] ?? NaN) + (span?.duration[1] ?? NaN) / 1e9
    expect(typeof value === 'object' && 'sum' in value ? value.sum : undefined).toBeCloseTo(seconds, 4)
  })

  it('gives the error of the driver itself, and shows its code and no message', async () => {
    await using tower = new Watchtower()
    const spy = new SpyDriver(new MemoryDriver())
    const driver = tracedDriver(spy, tower)
    const down = SessionError.driverFailed('read', 'INSERT INTO sessions VALUES (PAYLOAD)')
    spy.failNext('read', down)
    expect(await failureOf(driver.read(keyOf(newSessionId())))).toBe(down)
    spy.failNext('read', new RangeError('PAYLOAD'))
    await failureOf(driver.read(keyOf(newSessionId())))
    const [known, foreign] = tower.named('read session')
    expect(known?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'ERR_SESSION_DRIVER_FAILED' })
    expect(known?.attributes).toMatchObject({ 'holdfast.store.outcome': 'failed', 'error.type': 'ERR_SESSION_DRIVER_FAILED' })
    expect(foreign?.attributes).toMatchObject({ 'holdfast.store.outcome': 'failed', 'error.type': 'RangeError' })
    expect(await tower.count(DURATION, { 'error.type': 'ERR_SESSION_DRIVER_FAILED' })).toBe(1)
    expect(await tower.text()).not.toContain('PAYLOAD')
  })

  it('ends the span of a driver that throws where it should reject', async () => {
    await using tower = new Watchtower()
    const memory = new MemoryDriver()
    memory.read = () => {
      throw new SyntaxError('PAYLOAD')
    }
    const driver = tracedDriver(memory, tower)
    expect(() => driver.read(keyOf(newSessionId()))).toThrow('PAYLOAD')
    expect(tower.named('read session')[0]?.attributes['error.type']).toBe('SyntaxError')
  })

  it('asks a driver once whose answer is only something like a promise', async () => {
    await using tower = new Watchtower()
    let asks = 0
    const lazy = {
      // oxlint-disable-next-line unicorn/no-thenable -- as the queries of some builders are
      then: (resolve: (value: undefined) => void) => {
        asks += 1
        resolve(undefined)
      },
    }
    const driver = tracedDriver(Object.assign(new MemoryDriver(), { read: () => lazy }), tower)
    expect(await driver.read()).toBe(undefined)
    expect(asks).toBe(1)
  })

  it('has no parent for what timers of all requests do', async () => {
    await using tower = new Watchtower()
    const driver = tracedDriver(new MemoryDriver(), tower)
    const { key } = await stored(driver)
    const held = await driver.acquire(key, { token: 'a'.repeat(32), leaseMs: 1000 })
    const request = tower.tracerProvider.getTracer('test').startSpan('GET /')
    await context.with(trace.setSpan(context.active(), request), async () => {
      if (held.kind === 'held') await driver.renew(held.lease, 1000)
      await driver.gc()
    })
    expect([tower.named('renew session').map(parentOf), tower.named('gc session').map(parentOf)]).toEqual([[undefined], [undefined]])
  })

  it('shows no user, and no key that is an id', async () => {
    await using tower = new Watchtower()
    const driver = tracedDriver(new MemoryDriver(), tower)
    const user = 'ada'.repeat(30).slice(0, 64)
    const { id } = await stored(driver, user)
    await driver.revokeUser(user)
    await driver.list({ userId: user })
    const key = idAsKey(newSessionId())
    await driver.read(key)
    const text = await tower.text()
    for (const secret of [user, key, id, 'PAYLOAD']) expect(text).not.toContain(secret)
  })

  it('has the key on spans and not on metrics, which it would make without number', async () => {
    await using tower = new Watchtower()
    const driver = tracedDriver(new MemoryDriver(), tower)
    const { key } = await stored(driver)
    expect(tower.named('insert session')[0]?.attributes['holdfast.session.key']).toBe(key)
    expect((await tower.metrics()).map(({ descriptor }) => descriptor.name)).toContain(DURATION)
    expect(JSON.stringify(await tower.metrics())).not.toContain(key)
  })

  it.each([
    ['memory', 'memory', undefined],
    ['database', 'other_sql', undefined],
    ['database', 'postgresql', 'postgresql'],
  ])('calls the store of the driver %s %s', async (name, shown, system) => {
    await using tower = new Watchtower()
    const driver = tracedDriver(Object.assign(new MemoryDriver(), { name }), {
      ...providers(tower),
      ...(system !== undefined && { system }),
    })
    await driver.read(keyOf(newSessionId()))
    expect(tower.spans.map(({ attributes }) => attributes['db.system.name'])).toEqual([shown])
  })

  it('is what its driver is: its class, its properties, and methods of its own', async () => {
    class Own extends MemoryDriver {
      readonly #secret = 42
      get double(): number {
        return this.#secret * 2
      }
      migrate(by: number): number {
        return this.#secret + by
      }
    }
    await using tower = new Watchtower()
    const own = new Own()
    const driver = tracedDriver(own, tower)
    expect([driver instanceof Own, driver.constructor, driver.name, driver.expiresByItself, driver.boundsAnswers]).toEqual([
      true,
      Own,
      own.name,
      own.expiresByItself,
      own.boundsAnswers,
    ])
    expect([driver.double, driver.migrate(1), 'acquire' in driver, 'watch' in driver]).toEqual([84, 43, true, false])
    expect(Reflect.get(driver, 'read')).toBe(Reflect.get(driver, 'read'))
    expect(tower.spans).toEqual([])
  })

  it('refuses an option that it does not know, as what listens to a manager does', async () => {
    await using sessions = new SessionManager({ driver: new MemoryDriver() })
    expect(() => Reflect.apply(tracedDriver, undefined, [new MemoryDriver(), { sytem: 'mariadb' }])).toThrow("Did you mean 'system'?")
    expect(() => Reflect.apply(instrumentSessions, undefined, [sessions, { meterprovider: undefined }])).toThrow(
      "Did you mean 'meterProvider'?",
    )
  })

  it('goes on as its driver does that is given another method', async () => {
    await using tower = new Watchtower()
    const memory = new MemoryDriver()
    const driver = tracedDriver(memory, tower)
    await driver.read(keyOf(newSessionId()))
    driver.read = () => Promise.reject(new RangeError('replaced'))
    const error = expect.objectContaining({ message: 'replaced' })
    expect([await failureOf(driver.read(keyOf(newSessionId()))), await failureOf(memory.read(keyOf(newSessionId())))]).toEqual([
      error,
      error,
    ])
    expect(tower.named('read session').map(({ attributes }) => attributes['holdfast.store.outcome'])).toEqual(['absent', 'failed'])
  })

  it('traces a driver that is a frozen object, and lacks what that lacks', async () => {
    await using tower = new Watchtower()
    const memory = new MemoryDriver()
    const plain: SessionDriver = Object.freeze({
      name: 'plain',
      expiresByItself: false,
      open: () => memory.open(),
      close: () => memory.close(),
      read: (key) => memory.read(key),
      insert: (key, record) => memory.insert(key, record),
      update: (key, record, version) => memory.update(key, record, version),
      touch: (key, durations, version) => memory.touch(key, durations, version),
      destroy: (key) => memory.destroy(key),
      gc: (options) => memory.gc(options),
    } satisfies SessionDriver)
    const driver = tracedDriver(plain, tower)
    await driver.read(keyOf(newSessionId()))
    expect(tower.named('read session')).toHaveLength(1)
    expect([isLocking(driver), isLocking(tracedDriver(memory, tower))]).toEqual([false, true])
  })
})

function providers({ tracerProvider, meterProvider }: Watchtower): Pick<Watchtower, 'tracerProvider' | 'meterProvider'> {
  return { tracerProvider, meterProvider }
}

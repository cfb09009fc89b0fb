import { context, trace } from '@opentelemetry/api'
import { describe, expect, it } from 'vitest'
import { instrumentSessions } from '../../src/opentelemetry/index.ts'
import { keyOf, openShop, visit } from '../manager/support/shop.ts'
import { Watchtower, parentOf, withContext } from './support.ts'

const WAIT = 'holdfast.session.lock.wait'
const HOLD = 'holdfast.session.lock.hold'
const EVENTS = 'holdfast.session.events'
const REFUSALS = 'holdfast.session.refusals'

describe('instrumentSessions', () => {
  withContext()

  it('measures how long requests wait for the lock and how long they hold it, in seconds', async () => {
    await using tower = new Watchtower()
    const shop = openShop()
    const id = await shop.stored()
    instrumentSessions(shop.sessions, tower)
    const from = performance.now()
    const holder = await visit(shop.sessions, id)
    const waiting = visit(shop.sessions, id)
    const asked = performance.now()
    await new Promise((resolve) => setTimeout(resolve, 20))
    const leastSeconds = (performance.now() - asked) / 1000
    await holder.commit()
    await (await waiting).commit()
    const mostSeconds = (performance.now() - from) / 1000
    const [wait] = await tower.measured(WAIT)
    const [hold] = await tower.measured(HOLD)
    expect([wait?.attributes, hold?.attributes]).toEqual([
      { 'holdfast.session.name': 'ml_session', 'holdfast.session.mode': 'exclusive' },
      { 'holdfast.session.name': 'ml_session' },
    ])
    for (const value of [wait?.value, hold?.value]) {
      const { count, max = NaN } = typeof value === 'object' ? value : { count: 0 }
      expect([count, max >= leastSeconds, max <= mostSeconds]).toEqual([2, true, true])
    }
    const metrics = (await tower.metrics()).filter(({ descriptor }) => [WAIT, HOLD].includes(descriptor.name))
    expect(metrics.map(({ descriptor }) => descriptor.unit)).toEqual(['s', 's'])
  })

  it('measures no wait of requests that take no lock', async () => {
    await using tower = new Watchtower()
    const shop = openShop()
    const id = await shop.stored()
    instrumentSessions(shop.sessions, tower)
    await (await visit(shop.sessions, id, { concurrency: 'readonly' })).commit()
    expect([await tower.count(WAIT), await tower.count(HOLD), await tower.count(EVENTS)]).toEqual([0, 0, 1])
    expect(tower.named('session start')[0]?.attributes).toEqual({
      'holdfast.session.name': 'ml_session',
      'holdfast.session.mode': 'readonly',
      'holdfast.session.key': keyOf(id),
    })
  })

  it('counts every event by its kind, and refusals by their reason', async () => {
    await using tower = new Watchtower()
    const shop = openShop({ lock: { waitSeconds: 0 } })
    const id = await shop.stored()
    instrumentSessions(shop.sessions, tower)
    const holder = await visit(shop.sessions, id)
    await Promise.allSettled([visit(shop.sessions, id), visit(shop.sessions, id)])
    holder.session.increment('n')
    await holder.commit()
    await (await visit(shop.sessions, 'f'.repeat(40))).commit()
    const counted = await Promise.all(
      ['created', 'started', 'committed', 'released', 'refused'].map((kind) => tower.count(EVENTS, { 'holdfast.session.event': kind })),
    )
    expect(counted).toEqual([0, 1, 1, 1, 3])
    expect(await tower.count(REFUSALS, { 'holdfast.session.reason': 'lock-timeout' })).toBe(2)
    expect(await tower.count(REFUSALS, { 'holdfast.session.reason': 'unknown-id' })).toBe(1)
    const exported = JSON.stringify(await tower.metrics())
    for (const key of [keyOf(id), keyOf('f'.repeat(40)), 'session.key']) expect(exported).not.toContain(key)
  })

  it('makes spans of the wait and of the hold under the request, and an event of its span for a refusal', async () => {
    await using tower = new Watchtower()
    const shop = openShop({ lock: { waitSeconds: 0 } })
    const id = await shop.stored()
    instrumentSessions(shop.sessions, tower)
    const tracer = tower.tracerProvider.getTracer('test')
    const [one, other] = [tracer.startSpan('one'), tracer.startSpan('other')]
    const within = <Result>(span: typeof one, work: () => Result): Result => context.with(trace.setSpan(context.active(), span), work)
    const holder = await within(one, () => visit(shop.sessions, id))
    await within(other, () => visit(shop.sessions, id).catch(() => undefined))
    await within(one, async () => holder.commit())
    one.end()
    other.end()
    const spans = ['session start', 'session hold'].flatMap((name) => tower.named(name))
    expect(spans.map((span) => [span.name, parentOf(span), span.attributes['holdfast.session.key']])).toEqual([
      ['session start', one.spanContext().spanId, keyOf(id)],
      ['session hold', one.spanContext().spanId, keyOf(id)],
    ])
    expect(tower.named('one')[0]?.events).toEqual([])
    expect(tower.named('other')[0]?.events.map(({ name, attributes }) => [name, attributes?.['holdfast.session.reason']])).toEqual([
      ['holdfast.session.refused', 'lock-timeout'],
    ])
  })

  it('gives a lock that was lost no request for a parent, and says why it was lost', async () => {
    await using tower = new Watchtower()
    const shop = openShop({ lock: { maxHoldSeconds: 0.05 } })
    const id = await shop.stored()
    instrumentSessions(shop.sessions, tower)
    const request = tower.tracerProvider.getTracer('test').startSpan('request')
    const holder = await context.with(trace.setSpan(context.active(), request), () => visit(shop.sessions, id))
    await new Promise((resolve) => holder.session.signal.addEventListener('abort', resolve))
    const [span] = tower.named('session hold')
    expect([parentOf(span), span?.attributes['holdfast.session.lost']]).toEqual([undefined, 'held-too-long'])
    expect(await tower.count(HOLD, { 'holdfast.session.lost': 'held-too-long' })).toBe(1)
    await holder.discard(undefined)
  })

  it('shows no key where keys are ids', async () => {
    await using tower = new Watchtower()
    const shop = openShop({ hashIds: false, lock: { waitSeconds: 0 } })
    const id = await shop.stored()
    instrumentSessions(shop.sessions, tower)
    const holder = await visit(shop.sessions, id)
    await visit(shop.sessions, id).catch(() => undefined)
    await holder.commit()
    expect(tower.spans.map(({ name }) => name)).toEqual(['session start', 'session hold'])
    expect(await tower.text()).not.toContain(id)
  })

  it('stops when it is told to', async () => {
    await using tower = new Watchtower()
    const shop = openShop()
    const id = await shop.stored()
    const stop = instrumentSessions(shop.sessions, tower)
    stop()
    await shop.sessions.run(id, (session) => session.increment('n'))
    expect([tower.spans, await tower.metrics()]).toEqual([[], []])
  })

  it('uses the global providers where none are given', async () => {
    await using tower = new Watchtower()
    trace.setGlobalTracerProvider(tower.tracerProvider)
    const shop = openShop()
    const id = await shop.stored()
    instrumentSessions(shop.sessions)
    await shop.sessions.run(id, (session) => session.increment('n'))
    trace.disable()
    expect(tower.spans.map(({ name }) => name)).toEqual(['session start', 'session hold'])
  })
})

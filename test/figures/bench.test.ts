import { createServer } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { FigureFile } from '../../bench/figures/figure.ts'
import { addedMicros, judged } from '../../bench/compare/added.ts'
import { contendersOf } from '../../bench/compare/pair.ts'
import { race } from '../../bench/compare/race.ts'
import { TripCounter } from '../../bench/compare/trip-counter.ts'
import { pairs as localPairs } from '../../bench/figures/bench-local.ts'
import { pairs as redisPairs } from '../../bench/figures/bench-redis.ts'
import type { LaneResult } from '../../bench/harness/bench.ts'
import type { StartCandidate } from '../../bench/harness/candidate.ts'
import { Connection, cookiesOf } from '../../bench/harness/connection.ts'
import { figuresOf } from '../../scripts/bench.ts'
import { figureNames } from '../../scripts/figures.ts'
import { readText, repository } from '../../scripts/support/check.ts'
import { describeNeeding } from '../support/needs.ts'
import { startRedis } from '../support/redis-server.ts'
import { countsOf, smallFigure } from './support.ts'

const servers = (pairs: typeof localPairs): string[] => [...new Set(pairs.flatMap(contendersOf).map(({ server }) => server))]

/** What one visitor is answered who comes, raises the count twice and looks, and another who has no cookie. */
async function visits(name: string, storeUrl?: string) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const module: { start: StartCandidate } = await import(pathToFileURL(join(repository, `bench/servers/${name}.ts`)).href)
  const { listener, close } = await module.start({ folder, storeUrl })
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('no port')
  const connection = await Connection.to(address.port)
  let cookie = ''
  const bodies: string[] = []
  for (const path of ['/new', '/write', '/slow?ms=1', '/read']) {
    const answer = await connection.get(path, cookie)
    cookie = cookiesOf(answer) || cookie
    bodies.push(answer.body)
  }
  const strangers = [await connection.get('/read'), await connection.get('/ignored')]
  connection.close()
  server.close()
  await close?.()
  return { bodies, strangers: strangers.map((answer) => answer.body + (/set-cookie/i.test(answer.head) ? ' and a cookie' : '')) }
}

// @hono/session makes a session for everybody who is asked for one.
const forStrangers = (server: string): string[] => [`{"count":0}${server.includes('hono-session') ? ' and a cookie' : ''}`, '{"count":0}']
const right = (server: string) => ({ bodies: [0, 1, 2, 2].map((count) => `{"count":${count}}`), strangers: forStrangers(server) })

describe('what is compared', () => {
  it.each(servers(localPairs))('%s counts, and gives who has no cookie none', async (server) => {
    expect(await visits(server)).toEqual(right(server))
  })

  it('is taken slice by slice, and from the half of the rounds that strangers disturbed least', () => {
    const lane = (...slices: readonly (readonly [micros: number, strangers: number])[]): LaneResult => {
      const [first, ...rest] = slices.map(([serverMicros, strangers]) => ({
        serverMicros,
        strangers,
        storeMicros: 0,
        requestsPerSecond: 1,
        p50Ms: 1,
        p99Ms: 1,
        load: 1,
      }))
      if (first === undefined) throw new RangeError('no slice')
      return { ...first, slices: [first, ...rest], requests: 1, wrong: 0, cookies: 0 }
    }
    expect(addedMicros(lane([50, 0], [90, 0], [70, 0.1]), lane([40, 0.9], [60, 0], [50, 0.1]))).toBe(25)
    expect(() => addedMicros(lane([50, 0], [90, 0]), lane([40, 0]))).toThrow('as many slices')
  })

  it('is not told of a race after which the session cannot be read', async () => {
    const server = createServer(({ url }, response) => {
      response.statusCode = url === '/read' ? 500 : 200
      response.setHeader('Content-Length', 11)
      response.end('{"count":1}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const address = server.address()
    if (address === null || typeof address === 'string') throw new TypeError('no port')
    await expect(race([address], { increments: 10, waitMs: () => 1 })).rejects.toThrow('/read answered 500')
  })

  it('is all on one page, which says what npm run bench measures', () => {
    const measured = figureNames(repository).filter((name) => name.startsWith('bench-'))
    expect(figuresOf(readText(repository, 'docs/benchmarks.md')).toSorted()).toEqual(measured.toSorted())
  })

  it('says whether a goal is reached, where there is one', () => {
    expect([judged(0.45, 0.45), judged(0.46, 0.45), judged(1, undefined)]).toEqual(['at most 0.45: reached', 'at most 0.45: missed', ''])
    expect(judged(Number.NaN, 0.45)).toBe('at most 0.45: not to be told')
  })
})

describe('without a store', () => {
  it('ours loses no update, and the peer does', { timeout: 120_000 }, async () => {
    const file = await smallFigure('bench-local')
    // The bare handler, and both with each workload, 24 requests each.
    expect(file.counts).toMatchObject({ requests: 5 * 24, wrongAnswers: 0 })
    expect(countsOf(file, 'holdfast-memory')).toEqual({ acknowledged: 40, lost: 0 })
    expect(countsOf(file, 'express-session-memory')['lost']).toBeGreaterThan(0)
    expect(file.rows.map(({ session, 'lost updates': lost }) => `${session} ${lost}`)).toContain('changed 0 of 40')
  })

  it('a visitor without a cookie is answered, and given none', { timeout: 120_000 }, async () => {
    const { counts, rows } = await smallFigure('bench-no-cookie')
    expect(counts).toEqual({ requests: 5 * 24, wrongAnswers: 0, cookiesOfOurs: 0 })
    expect(rows.filter(({ goal }) => goal !== '').map(({ server }) => server)).toEqual(['Holdfast', 'Holdfast'])
  })
})

/** Of a store that two processes share. */
function expectShared(file: FigureFile, ours: string, peer: string): void {
  expect(countsOf(file, ours)).toEqual({ acknowledged: 40, lost: 0, 'round trips, changed': 2, 'round trips, unchanged': 2 })
  expect(countsOf(file, `${ours}-merge`)).toMatchObject({ 'round trips, changed': 2, 'round trips, unchanged': 1 })
  expect(countsOf(file, peer)).toMatchObject({ acknowledged: 40, 'round trips, changed': 2 })
  expect(countsOf(file, peer)['lost']).toBeGreaterThan(0)
}

describeNeeding('redis-server', 'with Redis', () => {
  it.each(servers(redisPairs))('%s counts, and gives who has no cookie none', async (server) => {
    await using redis = await startRedis()
    expect(await visits(server, redis.url)).toEqual(right(server))
  })

  it('ours loses no update in two round trips, and the peer does', { timeout: 120_000 }, async () => {
    const file = await smallFigure('bench-redis')
    // The bare handler, and the peer and both of ours with each workload, 24 requests each.
    expect(file.counts).toMatchObject({ requests: 7 * 24, wrongAnswers: 0 })
    expectShared(file, 'holdfast-redis', 'express-session-redis')
  })

  it('round trips are counted, not bytes or commands', async () => {
    await using redis = await startRedis()
    await using counter = await TripCounter.before(redis.url)
    const { createClient } = await import('redis')
    const client = await createClient({ url: counter.url }).connect()
    await counter.take()
    await client.ping()
    await client.set('long', 'x'.repeat(300_000))
    expect(await counter.take()).toBe(2)
    await Promise.all([client.get('long'), client.get('long'), client.ping()])
    expect(await counter.take()).toBe(1)
    expect(await counter.take()).toBe(0)
    client.destroy()
  })
})

describeNeeding('postgres-server', 'with PostgreSQL', () => {
  it('ours loses no update in two round trips, and the peer does', { timeout: 180_000 }, async () => {
    const file = await smallFigure('bench-databases')
    expect(file.counts).toMatchObject({ requests: 7 * 24, wrongAnswers: 0 })
    expectShared(file, 'holdfast-postgres', 'express-session-postgres')
  })
})

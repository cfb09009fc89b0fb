import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Child } from '../../bench/harness/child.ts'
import { Connection, cookiesOf, countOf } from '../../bench/harness/connection.ts'
import type { LoadProtocol } from '../../bench/harness/load.ts'
import { endedTicks, familyCpuMicros, processCpuMicros, usedTicks } from '../../bench/harness/process-cpu.ts'
import { median, quieterHalf } from '../../bench/harness/quiet.ts'
import { busyTicks } from '../../bench/harness/strangers.ts'
import { until } from '../../proof/faults/until.ts'

async function portOf(listener: RequestListener): Promise<number> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => server.closeAllConnections())
  onTestFinished(() => void server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('no port')
  return address.port
}

function startLoad(): Child<LoadProtocol> {
  const load = new Child<LoadProtocol>(['bench/harness/load-process.ts'])
  onTestFinished(() => load.stop())
  return load
}

describe('the quieter half', () => {
  const slices = [0.9, 0.1, 0.5, 0.3, 0.7].map((strangers) => ({ strangers }))

  it('has the slices in which strangers used least', () => {
    expect(quieterHalf(slices).map(({ strangers }) => strangers)).toEqual([0.1, 0.3, 0.5])
    expect(quieterHalf(slices.slice(0, 1))).toHaveLength(1)
  })

  it('is summed up by its middle', () => {
    expect(median([3, 1, 2])).toBe(2)
    expect(median([4, 1, 2, 3])).toBe(2.5)
    expect(median([])).toBeNaN()
  })
})

it('what a host took away counts as busy, and waiting for a disk does not', () => {
  expect(busyTicks('cpu  100 20 30 4000 500 6 7 8 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n')).toBe(171)
})

it('a process is charged for user and system time, whatever its name', () => {
  const stat = '4711 (redis) server (x) S 1 4711 4711 0 -1 4194304 98 0 0 0 250 37 9 12 20 0 5 0 407546\n'
  expect(usedTicks(stat)).toBe(287)
  expect(endedTicks(stat)).toBe(21)
  expect(processCpuMicros(-1)).toBeNaN()
})

it.skipIf(Number.isNaN(processCpuMicros(process.pid)))(
  'a family is charged for a child that runs, and for the same once it has ended',
  async () => {
    // One that works until its input ends, and does not work after that.
    const work =
      'process.stdin.resume(); while (process.cpuUsage().user < 150_000); console.log("done"); process.stdin.on("end", process.exit)'
    const before = familyCpuMicros(process.pid) - processCpuMicros(process.pid)
    const child = spawn(process.execPath, ['-e', work], { stdio: ['pipe', 'pipe', 'ignore'] })
    await once(child.stdout, 'data')
    const running = processCpuMicros(child.pid ?? 0)
    expect(running).toBeGreaterThan(100_000)
    // The process itself works on between two readings; and of a child that has ended the system tells ticks of 10 ms, in two numbers, each rounded down.
    const atLeast = running - 20_000
    expect(familyCpuMicros(process.pid) - processCpuMicros(process.pid) - before).toBeGreaterThanOrEqual(atLeast)
    child.stdin.end()
    await once(child, 'exit')
    expect(familyCpuMicros(process.pid) - processCpuMicros(process.pid) - before).toBeGreaterThanOrEqual(atLeast)
  },
)

describe('a connection', () => {
  it('gives status, cookies and count of an answer, also of one that comes in pieces', async () => {
    const port = await portOf((request, response) => {
      response.setHeader('Set-Cookie', ['a=1; Path=/', 'b=2; HttpOnly'])
      response.writeHead(request.headers.cookie === 'c=3' ? 200 : 400, { 'Content-Length': 12 })
      response.write('{"count"')
      setImmediate(() => response.end(':42}'))
    })
    const connection = await Connection.to(port)
    onTestFinished(() => connection.close())
    for (let times = 0; times < 2; times++) {
      const answer = await connection.get('/', 'c=3')
      expect(answer.status).toBe(200)
      expect(cookiesOf(answer)).toBe('a=1; b=2')
      expect(countOf(answer)).toBe(42)
    }
  })

  it('rejects when the server hangs up', async () => {
    const connection = await Connection.to(await portOf((request) => request.socket.destroy()))
    await expect(connection.get('/')).rejects.toThrow('The server closed the connection')
  })

  it('rejects when no answer comes, also after it was idle for as long', async () => {
    const mostMs = 1000
    const port = await portOf((request, response) => {
      if (request.url === '/') response.writeHead(200, { 'Content-Length': 0 }).end()
    })
    const connection = await Connection.to(port, mostMs)
    await connection.get('/')
    await sleep(1.2 * mostMs)
    expect((await connection.get('/')).status).toBe(200)
    await expect(connection.get('/never')).rejects.toThrow('No answer within 1000 ms')
    expect(connection.isClosed).toBe(true)
  })

  it('rejects what is asked when the server has hung up already', async () => {
    const port = await portOf((request, response) => {
      response.writeHead(200, { 'Content-Length': 0 }).end(() => request.socket.destroy())
    })
    const connection = await Connection.to(port)
    await connection.get('/')
    await until('the connection to be closed', () => connection.isClosed)
    await expect(connection.get('/')).rejects.toThrow('The server has closed the connection')
  })
})

describe('the load', () => {
  const slice = { path: '/write', expected: 'next', connections: 2, atMost: { seconds: 10, requests: 20 } } as const

  it('finds nothing wrong with a server that counts', async () => {
    const counts = new Map<string, number>()
    let made = 0
    const port = await portOf(({ url, headers }, response) => {
      const id = url === '/new' ? `id=${made++}` : (headers.cookie ?? '')
      const count = url === '/new' ? 0 : (counts.get(id) ?? 0) + 1
      counts.set(id, count)
      if (url === '/new') response.setHeader('Set-Cookie', `${id}; Path=/`)
      const body = `{"count":${count}}`
      response.setHeader('Content-Length', body.length)
      response.end(body)
    })
    const load = startLoad()
    expect(await load.ask('fill', { port, sessions: 4 })).toBe(4)
    expect(await load.ask('slice', { ...slice, port })).toMatchObject({ requests: 20, wrong: 0 })
    expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(20)
  })

  it('finds the answers that do not count', async () => {
    const port = await portOf((_request, response) => {
      response.setHeader('Content-Length', 11)
      response.end('{"count":1}')
    })
    const load = startLoad()
    await load.ask('fill', { port, sessions: 4 })
    expect(await load.ask('slice', { ...slice, port })).toMatchObject({ requests: 20, wrong: 20 })
    expect(await load.ask('slice', { ...slice, port, expected: 'same' })).toMatchObject({ requests: 20, wrong: 0 })
  })

  it('says what went wrong in its process', async () => {
    const port = await portOf((_request, response) => {
      response.setHeader('Content-Length', 0)
      response.writeHead(500).end()
    })
    await expect(startLoad().ask('fill', { port, sessions: 1 })).rejects.toThrow('/new answered 500')
  })
})

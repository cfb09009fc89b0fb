// The process that sends requests. A session is used by one connection alone, so that each answer's count is known beforehand.
import { answerParent } from './child.ts'
import { Connection, cookiesOf, countOf } from './connection.ts'
import type { Expected, LoadProtocol, SliceAnswer, SliceQuestion } from './load.ts'

interface Visitor {
  cookie: string
  count: number
}

// As long as a session cookie, for a server that gives none: it is sent as many bytes as the others.
const NO_SESSION = `session=${'0'.repeat(40)}`
const visitorsOf = new Map<number, readonly Visitor[]>()

async function fill({ port, sessions }: { readonly port: number; readonly sessions: number }): Promise<number> {
  const connection = await Connection.to(port)
  const visitors: Visitor[] = []
  for (let made = 0; made < sessions; made++) {
    const answer = await connection.get('/new')
    if (answer.status !== 200) throw new Error(`/new answered ${answer.status}`)
    visitors.push({ cookie: cookiesOf(answer) || NO_SESSION, count: countOf(answer) })
  }
  connection.close()
  visitorsOf.set(port, visitors)
  return visitors.length
}

async function slice({ port, path, expected, connections, atMost, sleeps = false }: SliceQuestion): Promise<SliceAnswer> {
  const visitors = visitorsOf.get(port) ?? []
  const open = await Promise.all(Array.from({ length: connections }, () => Connection.to(port)))
  const waits: number[] = []
  let wrong = 0
  let cookies = 0
  let sent = 0
  const start = performance.now()
  const end = start + atMost.seconds * 1000
  const drive = async (connection: Connection, first: number): Promise<void> => {
    for (let at = first; sent < atMost.requests; at = at + connections < visitors.length ? at + connections : first) {
      const before = performance.now()
      if (before >= end) return
      const visitor = visitors[at]
      if (visitor === undefined) throw new RangeError('more connections than sessions')
      sent++
      const answer = await connection.get(path, expected === 'anonymous' ? '' : visitor.cookie)
      waits.push(performance.now() - before)
      const count = countOf(answer)
      const given = cookiesOf(answer)
      if (answer.status !== 200 || !fits(count, visitor.count, expected)) wrong++
      visitor.count = count
      if (given === '') continue
      cookies++
      visitor.cookie = given
    }
  }
  const spinning = sleeps ? undefined : stayAwake()
  await Promise.all(open.map(drive))
  spinning?.stop()
  const seconds = (performance.now() - start) / 1000
  for (const connection of open) connection.close()
  waits.sort((one, other) => one - other)
  const quantile = (share: number): number => waits[Math.floor(share * waits.length)] ?? 0
  return { requests: waits.length, wrong, cookies, seconds, p50Ms: quantile(0.5), p99Ms: quantile(0.99) }
}

// A server pays for waking a load that sleeps, some microseconds on a virtual machine, and the slower it is the more often: that would
// be counted as its own work.
function stayAwake(): { stop(): void } {
  let isOver = false
  const spin = (): void => {
    if (!isOver) setImmediate(spin)
  }
  spin()
  return {
    stop() {
      isOver = true
    },
  }
}

function fits(count: number, last: number, expected: Expected): boolean {
  switch (expected) {
    case 'next':
      return count === last + 1
    case 'same':
      return count === last
    case 'none':
      return !Number.isNaN(count)
    case 'anonymous':
      return count === 0
  }
}

answerParent<LoadProtocol>({
  fill,
  slice,
  cpuMicros: () => {
    const { user, system } = process.cpuUsage()
    return user + system
  },
})

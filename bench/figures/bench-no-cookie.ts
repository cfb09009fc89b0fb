import { addedMicros, judged } from '../compare/added.ts'
import { bench } from '../harness/bench.ts'
import { shown } from '../harness/quiet.ts'
import type { Figure, FigureRow } from './figure.ts'

/** Microseconds over the bare handler. */
const GOAL = 3

const FRAMEWORKS = [
  { name: 'Express', peer: 'express-session', servers: { bare: 'express-bare', peer: 'express-session-memory', ours: 'holdfast-memory' } },
  { name: 'Fastify', peer: '@fastify/session', servers: inFolder('fastify') },
  { name: 'Koa', peer: 'koa-session', servers: inFolder('koa') },
  { name: 'Hono', peer: '@hono/session', servers: inFolder('hono') },
  { name: 'h3', peer: "h3's own", servers: { ...inFolder('h3'), peer: 'frameworks/h3-session' } },
]

const LOOKS = { path: '/read', handler: 'looks whom it knows' }
const IGNORES = { path: '/ignored', handler: 'does not look at the session' }

const sizes = {
  full: { sessions: 50, connections: 50, warmUps: 3, slices: 12, slice: { seconds: 0.3, requests: Infinity } },
  small: { sessions: 4, connections: 4, warmUps: 0, slices: 1, slice: { seconds: 60, requests: 24 } },
}

export const figure: Figure = {
  name: 'bench-no-cookie',
  title: 'A visitor without a cookie, for whom nothing is kept: CPU of the server above the bare handler',
  peers: ['express', 'express-session', 'fastify', '@fastify/session', 'koa', 'koa-session', 'hono', '@hono/session', 'h3'],
  async run(size, { log }) {
    const counts = { requests: 0, wrongAnswers: 0, cookiesOfOurs: 0 }
    const rows: FigureRow[] = []
    // One framework is enough to see that it works.
    for (const { name, peer, servers } of size === 'small' ? FRAMEWORKS.slice(0, 1) : FRAMEWORKS) {
      const ways = [
        { label: `${name} without sessions`, server: servers.bare, path: LOOKS.path, handler: '' },
        ...[LOOKS, IGNORES].flatMap((way) => [
          { label: peer, server: servers.peer, ...way },
          { label: 'Holdfast', server: servers.ours, ...way, goal: GOAL },
        ]),
      ]
      const lanes = ways.map((way) => ({ ...way, expected: 'anonymous' as const }))
      const results = await bench({ lanes, ...sizes[size], log })
      const [bare] = results
      if (bare === undefined) throw new RangeError('nothing was measured')
      for (const [at, result] of results.entries()) {
        const { label, handler, goal }: { label?: string; handler?: string; goal?: number } = ways[at] ?? {}
        const added = addedMicros(result, bare)
        counts.requests += result.requests
        counts.wrongAnswers += result.wrong
        if (goal !== undefined) counts.cookiesOfOurs += result.cookies
        if (goal !== undefined) log(`${name}: ${added.toFixed(1)} µs added, the handler ${handler ?? ''} (goal: at most ${goal})`)
        rows.push({
          framework: name,
          'its handler': handler ?? '',
          server: label ?? '',
          'server CPU a request, µs': shown(result.serverMicros),
          'added to the bare handler, µs': Number(added.toFixed(1)),
          goal: judged(added, goal),
          'answers that set a cookie, %': Number(((100 * result.cookies) / result.requests).toFixed(1)),
          'requests a second': shown(result.requestsPerSecond),
          'CPUs used by others': Number(result.strangers.toFixed(2)),
        })
      }
    }
    return { counts, rows }
  },
}

function inFolder(framework: string) {
  const folder = `frameworks/${framework}`
  return { bare: `${folder}-bare`, peer: `${folder}-session-memory`, ours: `${folder}-holdfast-memory` }
}

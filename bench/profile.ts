// node bench/profile.ts SERVER PATH [SECONDS] [EXPECTED]: where a server of bench/servers spends its time under load, as microseconds a request. EXPECTED is what
// the load takes for right answers: `anonymous` sends no cookie.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startServer, withFolder } from './harness/bench.ts'
import { Child } from './harness/child.ts'
import type { Expected, LoadProtocol } from './harness/load.ts'

interface ProfileNode {
  readonly id: number
  readonly children?: readonly number[]
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
}

/** What `node --cpu-prof` writes. */
interface Profile {
  readonly nodes: readonly ProfileNode[]
  readonly samples: readonly number[]
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[]
}

const LOAD = fileURLToPath(new URL('harness/load-process.ts', import.meta.url))
const CHECKOUT = new URL('../', import.meta.url).href
const SHOWN = 45

function selfTimes({ nodes, samples, timeDeltas }: Profile, from: number): Map<string, number> {
  const nameOf = new Map(nodes.map(({ id, callFrame }) => [id, frameName(callFrame)]))
  const times = new Map<string, number>()
  for (let at = from; at < samples.length; at++) {
    const name = nameOf.get(samples[at] ?? 0) ?? '?'
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[at] ?? 0))
  }
  return times
}

/** The same, with what Node's own functions and native ones took added to whoever called them. */
function timesOfCallers({ nodes, samples, timeDeltas }: Profile, from: number): Map<string, number> {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const callers = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, byId.get(id)] as const)))
  const times = new Map<string, number>()
  for (let at = from; at < samples.length; at++) {
    let node = byId.get(samples[at] ?? 0)
    while (node !== undefined && !node.callFrame.url.startsWith('file:')) node = callers.get(node.id)
    const name = node === undefined ? 'nobody' : frameName(node.callFrame)
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[at] ?? 0))
  }
  return times
}

function frameName({ functionName, url, lineNumber }: ProfileNode['callFrame']): string {
  return `${functionName || '(anonymous)'}  ${url.replace(CHECKOUT, '')}${url === '' ? '' : `:${lineNumber + 1}`}`
}

const EXPECTED: readonly Expected[] = ['none', 'anonymous', 'next', 'same']
const [name = 'holdfast-memory', path = '/write', seconds = '5', wanted = 'none'] = process.argv.slice(2)
const expected = EXPECTED.find((one) => one === wanted)
if (expected === undefined) throw new RangeError(`EXPECTED must be one of ${EXPECTED.join(', ')}`)
await withFolder(async (folder) => {
  const nodeFlags = ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=200']
  const server = await startServer(name, join(folder, 'data'), { cpu: 0, nodeFlags })
  const load = new Child<LoadProtocol>([LOAD], { cpu: 1 })
  await load.ask('fill', { port: server.port, sessions: 1000 })
  const slice = { port: server.port, path, expected, connections: 50 }
  await load.ask('slice', { ...slice, atMost: { seconds: 2, requests: Infinity } })
  const { requests } = await load.ask('slice', { ...slice, atMost: { seconds: Number(seconds), requests: Infinity } })
  await Promise.all([server.process.stop(), load.stop()])
  const file = readdirSync(folder).find((entry) => entry.endsWith('.cpuprofile')) ?? ''
  const profile: Profile = JSON.parse(readFileSync(join(folder, file), 'utf8'))
  // What came before the last slice is start-up and compiling.
  const first =
    profile.samples.length -
    Math.round((Number(seconds) * 1e6 * profile.samples.length) / profile.timeDeltas.reduce((sum, one) => sum + one, 0))
  const times = [...selfTimes(profile, first)].toSorted(([, one], [, other]) => other - one)
  console.log(`${name} ${path}: ${requests} requests`)
  for (const [frame, micros] of times.slice(0, SHOWN)) console.log(`${(micros / requests).toFixed(2).padStart(8)}  ${frame}`)
  const callers = [...timesOfCallers(profile, first)].toSorted(([, one], [, other]) => other - one)
  console.log('\nwith what Node did for them')
  for (const [frame, micros] of callers.slice(0, SHOWN)) console.log(`${(micros / requests).toFixed(2).padStart(8)}  ${frame}`)
  const byFolder = new Map<string, number>()
  for (const [frame, micros] of times) {
    const place = /\s{2}(node:|src\/\w+(?:\/\w+(?=\/))?|node_modules\/[^/]+|bench)/.exec(frame)?.[1] ?? frame
    byFolder.set(place, (byFolder.get(place) ?? 0) + micros)
  }
  console.log('\nby place')
  for (const [place, micros] of [...byFolder].toSorted(([, one], [, other]) => other - one).slice(0, 20))
    console.log(`${(micros / requests).toFixed(2).padStart(8)}  ${place}`)
})

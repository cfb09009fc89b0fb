import { shown } from '../harness/quiet.ts'
import { IRON, IRON_8, JOSE, peerSealers } from '../seal/peers.ts'
import { installedRuntimes, measureIn, versionOf } from '../seal/runtimes.ts'
import { BARE, HOLDFAST, ownSealers } from '../seal/sealers.ts'
import { type SpeedResult, type SpeedRun, measureSealers } from '../seal/speed.ts'
import type { Figure, FigureRow } from './figure.ts'

/** Times ours, for the shortest texts. */
const GOALS: ReadonlyMap<string, number> = new Map([
  [IRON, 25],
  [IRON_8, 25],
  [JOSE, 8],
])
/** Times the bare cipher. */
const BARE_GOAL = 1.4
const SHORTEST = 300

const sizes = {
  full: { sizes: [SHORTEST, 2000, 16_000], slices: 12, warmUps: 4, atMost: { seconds: 0.5, texts: 1e9 } },
  small: { sizes: [SHORTEST, 2000, 16_000], slices: 2, warmUps: 1, atMost: { seconds: 60, texts: 20 } },
}

interface Measured {
  readonly runtime: string
  readonly results: readonly SpeedResult[]
}

export const figure: Figure = {
  name: 'seal-speed',
  title: 'Microseconds to seal and open a text, one after the other',
  peers: ['iron-session', 'iron-session-8', 'jose'],
  async run(size, { log }) {
    const run: SpeedRun = { ...sizes[size], log }
    const all: Measured[] = [
      { runtime: `Node ${process.versions.node}`, results: await measureSealers([...ownSealers(), ...peerSealers()], run) },
    ]
    for (const runtime of installedRuntimes()) {
      log(`in ${runtime.name}`)
      all.push({ runtime: `${runtime.name} ${await versionOf(runtime)}`, results: await measureIn(runtime, run) })
    }
    const rows = all.flatMap(({ runtime, results }, at) => results.map((result) => rowOf(runtime, result, results, at === 0)))
    for (const { goal, bytes, with: sealer, 'times ours': ours, 'times bare': bare } of rows) {
      if (goal !== '') log(`${bytes} bytes, ${sealer}: ${ours} times ours, ${bare} times bare (goal: ${goal})`)
    }
    const results = all.flatMap((measured) => measured.results)
    return {
      counts: {
        sizes: run.sizes.length,
        runtimes: all.length,
        texts: results.reduce((sum, { texts }) => sum + texts, 0),
        wrong: results.reduce((sum, { wrong }) => sum + wrong, 0),
      },
      rows: rows.toSorted((one, other) => Number(one['bytes']) - Number(other['bytes'])),
    }
  },
}

/** Compared with ours and the bare cipher in the same runtime. */
function rowOf(runtime: string, result: SpeedResult, results: readonly SpeedResult[], hasGoals: boolean): FigureRow {
  const { sealer, bytes, micros, cpuMicros, characters, strangers } = result
  const of = (other: string): number => results.find((one) => one.sealer === other && one.bytes === bytes)?.micros ?? Number.NaN
  return {
    bytes,
    with: sealer,
    runtime,
    µs: shown(micros),
    'times ours': shown(micros / of(HOLDFAST)),
    'times bare': shown(micros / of(BARE)),
    goal: hasGoals && bytes === SHORTEST ? goalOf(sealer) : '',
    'CPU of all threads, µs': shown(cpuMicros),
    'characters when sealed': characters,
    'CPUs used by others': Number(strangers.toFixed(2)),
  }
}

function goalOf(sealer: string): string {
  const goal = GOALS.get(sealer)
  if (goal !== undefined) return `at least ${goal} times ours`
  return sealer === HOLDFAST ? `at most ${BARE_GOAL} times bare` : ''
}

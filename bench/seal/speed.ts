import { median, quieterHalf } from '../harness/quiet.ts'
import { machineBusySeconds } from '../harness/strangers.ts'
import { ordinaryData } from '../servers/counter-app.ts'
import type { Later, Sealer } from './sealers.ts'

export interface SpeedRun {
  readonly sizes: readonly number[]
  /** Slices of each sealer that count. They take turns, and a round begins with the next one each time. */
  readonly slices: number
  readonly warmUps: number
  /** Of one slice. */
  readonly atMost: { readonly seconds: number; readonly texts: number }
  readonly log: (line: string) => void
}

/** Of one sealer and one size: medians over the quieter half of its slices, and sums over all. */
export interface SpeedResult {
  readonly sealer: string
  readonly bytes: number
  /** To seal and open one text, one after the other. */
  readonly micros: number
  /** The same of all threads. */
  readonly cpuMicros: number
  /** Of the sealed text. */
  readonly characters: number
  readonly strangers: number
  readonly texts: number
  /** Texts that came back as others. More than 0 makes the rest worthless. */
  readonly wrong: number
}

interface Slice {
  readonly strangers: number
  readonly micros: number
  readonly cpuMicros: number
}

/** Different ones, so that nobody can remember the last. */
const TEXTS = 16
const LOOK_AT_CLOCK_EVERY = 16

/** Measures sealers against each other, size by size. */
export async function measureSealers(sealers: readonly Sealer[], run: SpeedRun): Promise<SpeedResult[]> {
  const results: SpeedResult[] = []
  for (const bytes of run.sizes) results.push(...(await measureSize(sealers, bytes, run)))
  return results
}

async function measureSize(sealers: readonly Sealer[], bytes: number, run: SpeedRun): Promise<SpeedResult[]> {
  const texts = Array.from({ length: TEXTS }, (_, at) => textOf(bytes, at))
  const lanes = sealers.map((sealer) => ({ sealer, slices: new Array<Slice>(), texts: 0, wrong: 0, characters: 0 }))
  for (let round = -run.warmUps; round < run.slices; round++) {
    const first = (round + run.warmUps) % lanes.length
    for (const lane of [...lanes.slice(first), ...lanes.slice(0, first)]) {
      const { slice, done, wrong, characters } = await oneSlice(lane.sealer, texts, run.atMost)
      lane.texts += done
      lane.wrong += wrong
      lane.characters = characters
      if (round >= 0) lane.slices.push(slice)
    }
    run.log(`${bytes} bytes, ${round < 0 ? 'warming up' : `round ${round + 1} of ${run.slices}`}`)
  }
  return lanes.map(({ sealer, slices, ...counts }) => {
    const quiet = quieterHalf(slices)
    const middle = (of: (slice: Slice) => number): number => median(quiet.map(of))
    return {
      sealer: sealer.label,
      bytes,
      micros: middle(({ micros }) => micros),
      cpuMicros: middle(({ cpuMicros }) => cpuMicros),
      strangers: middle(({ strangers }) => strangers),
      ...counts,
    }
  })
}

async function oneSlice(sealer: Sealer, texts: readonly string[], atMost: SpeedRun['atMost']) {
  const before = meter()
  const end = before.at + 1e6 * atMost.seconds
  let done = 0
  let wrong = 0
  let characters = 0
  while (done < atMost.texts && (done % LOOK_AT_CLOCK_EVERY !== 0 || 1000 * performance.now() < end)) {
    const text = texts[done % TEXTS] ?? ''
    // Only a promise is awaited.
    const sealing = sealer.seal(text)
    const sealed = isLater(sealing) ? await sealing : sealing
    const opening = sealer.open(sealed)
    if ((isLater(opening) ? await opening : opening) !== text) wrong += 1
    characters = sealed.length
    done += 1
  }
  const after = meter()
  const wall = after.at - before.at
  const strangers = Math.max(0, (after.machine - before.machine - (after.cpu - before.cpu)) / wall)
  return { slice: { strangers, micros: wall / done, cpuMicros: (after.cpu - before.cpu) / done }, done, wrong, characters }
}

function isLater(value: Later<string>): value is Promise<string> {
  return typeof value !== 'string'
}

/** All in microseconds. */
function meter() {
  const { user, system } = process.cpuUsage()
  return { at: 1000 * performance.now(), machine: 1e6 * machineBusySeconds(), cpu: user + system }
}

/** A session's text of so many bytes. Without quotation marks: some of the sealers write JSON of a text, which would grow by them. */
function textOf(bytes: number, at: number): string {
  const session = JSON.stringify({ ...ordinaryData, at: String(at).padStart(2, '0') }).replaceAll('"', "'")
  return session.repeat(Math.ceil(bytes / session.length)).slice(0, bytes)
}

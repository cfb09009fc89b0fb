// What each door takes, and that no door reaches a `node:` module or a client that it is not made for: a runtime may have neither.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type CheckResult, runCheck } from './support/check.ts'
import { type Bundle, bundleOf, doorsOf, leaksOf } from './support/doors.ts'

const CORE = ['src/index.ts', 'src/adapters/fetch.ts']
/** What the core is meant to take, in bytes, minified and gzipped: `docs/figures.md` says how far it is from that. */
export const GOAL_BYTES = 12_000
/** What the core is meant to take with Hono's door. */
export const HONO_GOAL_BYTES = 18_000
/**
 * What it must not exceed. It is lowered when the core gets smaller, and never raised without a reason. The last ones: `keyUsage`, `reseal` and the
 * reasons of texts that do not open; lists and revocation, freshness, binding, rotation and proxies; merging requests, lifetimes of single sessions,
 * watching, and diagnostics channels; a bound on holds without leases, and the token's cookie after a logout; the cookie of what was stored before the rest failed;
 * a user agent that is not looked at for a visitor for whom nothing is kept,
 * and a last look at an id before the cookie of one who takes no lock; the names of the events, so that a misspelt one is refused, as is a listener that
 * is none; one way in which all doors tell the cookies of sessions further in; a word on why requests are answered with 503;
 * locks that go back before the response in Workers and Lambda; errors for a part that was not called, for a session in an application that is mounted, and for
 * a second `session()` whose options would have no effect.
 */
const MOST_BYTES = 47_450

/** The core in one file, minified. */
export interface Core extends Bundle {
  /** What each source file takes of the minified bytes, the largest first. */
  readonly parts: readonly { readonly file: string; readonly bytes: number }[]
}

export async function measureCore(root: string): Promise<Core> {
  const core = await bundleOf(root, CORE)
  const inputs = Object.values(core.metafile.outputs).flatMap((output) => Object.entries(output.inputs))
  const parts = inputs.map(([file, { bytesInOutput }]) => ({ file, bytes: bytesInOutput })).toSorted((a, b) => b.bytes - a.bytes)
  return { ...core, parts }
}

/** What a door takes, in bytes, minified and gzipped. */
export interface DoorSize {
  /** Such as `./hono`; the core is `.`. */
  readonly path: string
  /** The door and what it reaches. */
  readonly aloneBytes: number
  /** The door and the core together, which share what both reach. */
  readonly withCoreBytes: number
}

/** The size of each door that `package.json` names. */
export async function measureDoors(root: string): Promise<DoorSize[]> {
  return Promise.all(
    doorsOf(root).map(async ({ path, file }) => {
      const alone = await bundleOf(root, [file])
      const withCore = await bundleOf(root, [...new Set(['src/index.ts', file])])
      return { path, aloneBytes: alone.gzippedBytes, withCoreBytes: withCore.gzippedBytes }
    }),
  )
}

export async function bundle(root: string): Promise<CheckResult> {
  const missing = CORE.filter((file) => !existsSync(join(root, file)))
  if (missing.length > 0) return { summary: '', problems: missing.map((file) => `${file} does not exist`) }
  const { gzippedBytes: bytes, parts } = await measureCore(root)
  const size = `${bytes.toLocaleString('en')} of ${MOST_BYTES.toLocaleString('en')} bytes, minified and gzipped`
  const goal = bytes > GOAL_BYTES ? ` (goal: ${GOAL_BYTES.toLocaleString('en')})` : ''
  const heaviest = parts
    .slice(0, 5)
    .map(({ file, bytes: taken }) => `${file} ${taken}`)
    .join(', ')
  const doors = doorsOf(root)
  const problems: string[] = []
  for (const door of doors) problems.push(...leaksOf(root, door, await bundleOf(root, [door.file])))
  if (bytes > MOST_BYTES) problems.push(`the core with fetch takes ${size}: ${heaviest}`)
  return {
    summary: `the core with fetch takes ${size}${goal}; none of ${doors.length} doors reaches a node: module or a client that it is not made for`,
    problems: [...new Set(problems)],
  }
}

if (import.meta.main) await runCheck('size', bundle)

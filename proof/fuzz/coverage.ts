import { type Profiler, Session } from 'node:inspector'
import { pathToFileURL } from 'node:url'

/** How much of some code was reached, in characters of its functions. */
export interface Reached {
  readonly characters: number
  readonly of: number
}

/** Places in functions that were run for the first time. */
export type Fresh = Map<string, Set<number>>

/**
 * What of the sources this thread has run, by V8's own precise coverage: nothing is built or rewritten for it. A look takes about a millisecond, so
 * that it is worth while after many inputs, not after each.
 */
export class Coverage {
  readonly #session = new Session()
  readonly #root: string
  readonly #counted: readonly string[]
  /** By function, a byte for each of its characters: 1 where it was run. */
  readonly #seen = new Map<string, Uint8Array>()

  /** @param also Files, from the root, whose code counts beside that of `src`. */
  constructor(root: string, also: readonly string[] = []) {
    this.#root = pathToFileURL(`${root}/`).href
    this.#counted = ['src/', ...also].map((path) => this.#root + path)
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** What was run since the last look and never before; `undefined` when nothing was. */
  look(): Fresh | undefined {
    const fresh: Fresh = new Map()
    for (const { name, now } of this.#ran()) {
      const seen = this.#seen.get(name) ?? new Uint8Array(now.length)
      this.#seen.set(name, seen)
      const places: number[] = []
      for (let at = 0; at < now.length; at++) if (now[at] === 1 && seen[at] === 0) places.push(at)
      for (const at of places) seen[at] = 1
      if (places.length > 0) fresh.set(name, new Set(places))
    }
    return fresh.size > 0 ? fresh : undefined
  }

  /** Whether some of it was run again since the last look. It is taken out of what is asked for. */
  reachedAgain(fresh: Fresh): boolean {
    let isReached = false
    for (const { name, now } of this.#ran()) {
      const places = fresh.get(name)
      for (const at of places ?? []) {
        if (now[at] === 1 && places?.delete(at) === true) isReached = true
      }
      if (places?.size === 0) fresh.delete(name)
    }
    return isReached
  }

  /** Of one source file, from the root. Only functions count. */
  reached(path: string): Reached {
    const counted = { characters: 0, of: 0 }
    for (const [name, seen] of this.#seen) {
      if (!name.startsWith(`${this.#root}${path} `)) continue
      counted.of += seen.length
      for (const byte of seen) counted.characters += byte
    }
    return counted
  }

  close(): void {
    this.#session.disconnect()
  }

  /** What each function of the sources ran since the last look. */
  *#ran(): Generator<{ readonly name: string; readonly now: Uint8Array }> {
    for (const { url, functions } of this.#taken()) {
      if (!this.#counted.some((counted) => url.startsWith(counted))) continue
      for (const { ranges } of functions) {
        const [whole] = ranges
        // One that begins with the file is the file itself, which runs once.
        if (whole !== undefined && whole.startOffset > 0) yield { name: `${url} ${whole.startOffset}`, now: runIn(whole, ranges) }
      }
    }
  }

  #taken(): readonly Profiler.ScriptCoverage[] {
    let taken: readonly Profiler.ScriptCoverage[] | undefined
    // To the thread's own inspector the answer comes at once.
    this.#session.post('Profiler.takePreciseCoverage', (error, answer) => {
      if (error === null) taken = answer.result
    })
    if (taken === undefined) throw new Error('V8 gave no coverage')
    return taken
  }
}

/** Ranges lie in one another, the outer ones first, and each says of what no inner one is in how often it was run. */
function runIn({ startOffset: start, endOffset: end }: Profiler.CoverageRange, ranges: readonly Profiler.CoverageRange[]): Uint8Array {
  const run = new Uint8Array(end - start)
  for (const { startOffset, endOffset, count } of ranges) run.fill(count > 0 ? 1 : 0, startOffset - start, endOffset - start)
  return run
}

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeGuardedFolder, removeGuardedFolder } from '../../proof/faults/guard.ts'
import { startBareWorker } from '../support/bare-worker.ts'
import { rings } from '../support/sealed-rings.ts'
import { exchange, plainTexts } from './exchange/exchange.ts'
import type { ExchangeAnswer, ExchangeRequest, Sealed } from './exchange/exchange.ts'

const ROOT = join(import.meta.dirname, '../..')
const child = join(import.meta.dirname, 'exchange/child.ts')
const LONGEST_MS = 50_000

interface Runtime {
  readonly name: string
  readonly byWeb: boolean
  readonly ask: (request: ExchangeRequest) => Promise<ExchangeAnswer>
}

/** Runs the child by a program of node_modules. */
function by(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Runtime['ask'] {
  return async (request) => {
    const command = join(ROOT, 'node_modules/.bin', program)
    const options = { timeout: LONGEST_MS, env: { ...process.env, ...env } }
    const running = promisify(execFile)(command, [...args, child], options)
    running.child.stdin?.end(JSON.stringify(request))
    const { stdout } = await running
    return JSON.parse(stdout)
  }
}

describe('sessions that one runtime sealed', { timeout: 120_000 }, () => {
  let folder: string
  let worker: ReturnType<typeof startBareWorker>
  const runtimes: Runtime[] = []
  /** What each of them has sealed. */
  let answers: ExchangeAnswer[]

  beforeAll(async () => {
    folder = makeGuardedFolder('exchange')
    const { outputFiles } = await build({
      entryPoints: [join(import.meta.dirname, 'exchange/worker.ts')],
      bundle: true,
      format: 'esm',
      write: false,
    })
    worker = startBareWorker(outputFiles[0]?.text ?? '')
    const askWorker: Runtime['ask'] = async (request) => {
      const response = await worker.dispatchFetch('http://localhost/', { method: 'POST', body: JSON.stringify(request) })
      const answer = Object(await response.json())
      expect(answer).toMatchObject({ hasModules: false })
      return answer
    }
    // Without a permission, and without a look at the network.
    const deno = by('deno', ['run', '--no-prompt', '--no-lock', '--cached-only'], { DENO_DIR: folder, DENO_NO_UPDATE_CHECK: '1' })
    const bun = by('bun', ['--no-install'])
    for (const byWeb of [false, true]) {
      const how = byWeb ? ' by WebCrypto' : ''
      runtimes.push(
        { name: `Node${how}`, byWeb, ask: exchange },
        { name: `Bun${how}`, byWeb, ask: bun },
        { name: `Deno${how}`, byWeb, ask: deno },
      )
    }
    runtimes.push({ name: 'workerd', byWeb: false, ask: askWorker })
    const request = { keys: rings.activated, open: [] }
    answers = await Promise.all(runtimes.map(({ byWeb, ask }, at) => ask({ ...request, key: `a${at}`, byWeb })))
  })
  afterAll(async () => {
    await worker.dispose()
    removeGuardedFolder(folder)
  })

  /** What each runtime makes of what all of them have sealed: `sealed by A, opened by B` with what came out. */
  async function matrix(keys: ExchangeRequest['keys'], change: (sealed: Sealed) => Sealed[]): Promise<[string, string[]][]> {
    const offered = answers.map(({ sealed }) => change(sealed))
    const outcomes = await Promise.all(
      runtimes.map(async ({ name, byWeb, ask }) => {
        const { opened } = await ask({ keys, key: 'ff', byWeb, open: offered.flat() })
        const each = opened.values()
        return offered.map((texts, at): [string, string[]] => [pair(at, name), texts.map(() => each.next().value ?? 'nothing')])
      }),
    )
    return outcomes.flat()
  }

  const pair = (sealer: number, opener: string): string => `sealed by ${runtimes[sealer]?.name}, opened by ${opener}`

  /** The same outcome for each pair. */
  function all(...outcome: string[]): [string, string[]][] {
    return runtimes.flatMap(({ name }) => runtimes.map((_, at): [string, string[]] => [pair(at, name), outcome]))
  }

  const NOT_OPENED = 'SessionError: Failed to deserialize session data. A sealed text could not be opened.'

  it('open in every other, payload and flash, to the last character', async () => {
    const outcomes = await matrix(rings.activated, (sealed) => [sealed])
    expect(outcomes).toHaveLength(49)
    expect(outcomes).toEqual(all(plainTexts()))
  })

  it('open in every other under a ring in which the key does not seal any more', async () => {
    const later = { v3: rings.foreign.x1, v2: rings.activated.v2.key }
    expect(await matrix(later, (sealed) => [sealed])).toEqual(all(plainTexts()))
  })

  it('open in none for another session, for the other field, or with a bit changed', async () => {
    const outcomes = await matrix(rings.activated, (sealed) => [
      { ...sealed, key: 'b0' },
      { ...sealed, payload: sealed.flash, flash: sealed.payload },
      { ...sealed, payload: changed(sealed.payload, 40) },
      { ...sealed, flash: changed(sealed.flash, sealed.flash.length - 4) },
      sealed,
    ])
    expect(outcomes).toEqual(all(NOT_OPENED, NOT_OPENED, NOT_OPENED, NOT_OPENED, plainTexts()))
  })

  it('are sealed with the cryptography that each is said to use', () => {
    expect(runtimes.map(({ name }, at) => [name, answers[at]?.isLate])).toEqual([
      ['Node', false],
      ['Bun', false],
      ['Deno', false],
      ['Node by WebCrypto', true],
      ['Bun by WebCrypto', true],
      ['Deno by WebCrypto', true],
      ['workerd', true],
    ])
  })
})

function changed(text: string, at: number): string {
  return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
}

// What a web-standard runtime gets of the core: how large it is, and that nothing of Node or of a client is in it.
import { existsSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Metafile } from 'esbuild'
import { type CheckResult, packageOf, readPackageJson, runCheck } from './support/check.ts'

const CORE = ['src/index.ts', 'src/adapters/fetch.ts']
/** A door that runs wherever the core does: it brings no more into it. */
const HONO = ['src/index.ts', 'src/adapters/hono.ts']
/** What the core is meant to take, in bytes, minified and gzipped: `docs/figures.md` says how far it is from that. */
export const GOAL_BYTES = 12_000
/**
 * What it must not exceed. It is lowered when the core gets smaller, and never raised without a reason. The last ones: `keyUsage`, `reseal` and the
 * reasons of texts that do not open; lists and revocation, freshness, binding, rotation and proxies; merging requests, lifetimes of single sessions,
 * watching, and diagnostics channels.
 */
const MOST_BYTES = 46_000

/** The core in one file, minified. */
export interface Core {
  readonly minifiedBytes: number
  readonly gzippedBytes: number
  /** What each source file takes of the minified bytes, the largest first. */
  readonly parts: readonly { readonly file: string; readonly bytes: number }[]
  readonly metafile: Metafile
}

export async function measureCore(root: string, files: readonly string[] = CORE): Promise<Core> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: files.map((file) => `export * from './${file}'`).join('\n'), resolveDir: root, sourcefile: 'the core' },
    absWorkingDir: root,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'neutral',
    external: ['node:*', ...builtinModules],
    write: false,
    metafile: true,
  })
  const minified = outputFiles[0]?.contents ?? new Uint8Array()
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs))
  const parts = inputs.map(([file, { bytesInOutput }]) => ({ file, bytes: bytesInOutput })).toSorted((a, b) => b.bytes - a.bytes)
  return { minifiedBytes: minified.length, gzippedBytes: gzipSync(minified, { level: 9 }).length, parts, metafile }
}

export async function bundle(root: string): Promise<CheckResult> {
  const missing = CORE.filter((file) => !existsSync(join(root, file)))
  if (missing.length > 0) return { summary: '', problems: missing.map((file) => `${file} does not exist`) }
  const { gzippedBytes: bytes, parts, metafile } = await measureCore(root)
  const problems = leaks(metafile, readPackageJson(root).dependencies ?? {})
  const size = `${bytes.toLocaleString('en')} of ${MOST_BYTES.toLocaleString('en')} bytes, minified and gzipped`
  const goal = bytes > GOAL_BYTES ? ` (goal: ${GOAL_BYTES.toLocaleString('en')})` : ''
  const heaviest = parts
    .slice(0, 5)
    .map(({ file, bytes: taken }) => `${file} ${taken}`)
    .join(', ')
  if (bytes > MOST_BYTES) problems.push(`the core with fetch takes ${size}: ${heaviest}`)
  const hono = HONO.every((file) => existsSync(join(root, file))) ? await measureCore(root, HONO) : undefined
  if (hono !== undefined) problems.push(...leaks(hono.metafile, readPackageJson(root).dependencies ?? {}))
  const withHono = hono === undefined ? '' : `; with hono ${hono.gzippedBytes.toLocaleString('en')}`
  return {
    summary: `the core with fetch takes ${size}${goal}${withHono}, and reaches no node: module and no client`,
    problems: [...new Set(problems)],
  }
}

/** The imports that leave the core, each with the file that has it. */
function leaks(metafile: Metafile, dependencies: Readonly<Record<string, string>>): string[] {
  return Object.entries(metafile.inputs).flatMap(([file, { imports }]) =>
    imports.flatMap(({ path, external, original }) => {
      if (external === true) return [`${file} brings ${path} into the core`]
      const inside = path.split('node_modules/').at(-1) ?? path
      const isAllowed = !path.includes('node_modules/') || file.includes('node_modules/') || packageOf(inside) in dependencies
      return isAllowed ? [] : [`${file} brings the package ${original ?? inside} into the core`]
    }),
  )
}

if (import.meta.main) await runCheck('size', bundle)

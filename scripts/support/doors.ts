import { existsSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Metafile } from 'esbuild'
import { packageOf, readPackageJson } from './check.ts'

/** An export of the package, with its source. */
export interface Door {
  /** Such as `./hono`; the core is `.`. */
  readonly path: string
  readonly file: string
}

/** What some sources come to in one file. */
export interface Bundle {
  readonly minifiedBytes: number
  readonly gzippedBytes: number
  readonly metafile: Metafile
}

/**
 * What a door reaches beside web standards and the dependencies: `node:` modules, or the package that it is made for. A door that is not here
 * runs anywhere.
 */
const MAY_REACH: Readonly<Record<string, readonly string[]>> = {
  './config': ['node:'],
  './container': ['node:'],
  './elysia': ['elysia'],
  './express': ['node:'],
  './fastify': ['node:', 'fastify'],
  './file': ['node:'],
  './h3': ['h3'],
  './hono': ['hono'],
  './koa': ['node:', 'koa'],
  './nest': ['node:', '@nestjs/common'],
  './next': ['next'],
  './node': ['node:'],
  './opentelemetry': ['@opentelemetry/api'],
  './passport': ['node:', 'passport'],
  './react-router': ['react-router'],
  './sveltekit': ['@sveltejs/kit'],
  './testing': ['node:'],
}

const ofNode = new Set(builtinModules)

/** The doors of a package, but for those whose source is missing. */
export function doorsOf(root: string): Door[] {
  return Object.entries(readPackageJson(root).exports).flatMap(([path, target]) => {
    const built = typeof target === 'string' ? undefined : /^\.\/dist\/(.+)\.js$/.exec(target['default'] ?? '')?.[1]
    const file = `src/${built}.ts`
    return built !== undefined && existsSync(join(root, file)) ? [{ path, file }] : []
  })
}

/** Puts sources into one file, with all that they reach but `node:` modules and what an application brings itself. */
export async function bundleOf(root: string, files: readonly string[]): Promise<Bundle> {
  const brought = Object.keys(readPackageJson(root).peerDependencies ?? {})
  const { outputFiles, metafile } = await build({
    // Names are kept apart: two doors may use the same one.
    stdin: {
      contents: files.map((file, at) => `export * as door${at} from './${file}'`).join('\n'),
      resolveDir: root,
      sourcefile: 'the doors',
    },
    absWorkingDir: root,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'neutral',
    external: ['node:*', ...builtinModules, ...brought.flatMap((name) => [name, `${name}/*`])],
    write: false,
    metafile: true,
  })
  const minified = outputFiles[0]?.contents ?? new Uint8Array()
  return { minifiedBytes: minified.length, gzippedBytes: gzipSync(minified, { level: 9 }).length, metafile }
}

/** The imports of a door that leave what it may reach: each with the file that has it, and the name that it asks for. */
export function leaksOf(root: string, door: Door, { metafile }: Pick<Bundle, 'metafile'>): string[] {
  const allowed = new Set([...(MAY_REACH[door.path] ?? []), ...Object.keys(readPackageJson(root).dependencies ?? {})])
  const where = door.path === '.' || door.path === './fetch' ? 'the core' : door.path.slice(2)
  return Object.entries(metafile.inputs).flatMap(([file, { imports }]) =>
    imports.flatMap(({ path, external, original }) => {
      const isPackage = external === true || path.includes('node_modules/')
      if (!isPackage) return []
      const name = external === true ? path : (original ?? path.split('node_modules/').at(-1) ?? path)
      if (isOfNode(name)) return allowed.has('node:') ? [] : [`${file} brings ${name} into ${where}`]
      // What a dependency depends on came with it.
      return allowed.has(packageOf(name)) || file.includes('node_modules/') ? [] : [`${file} brings the package ${name} into ${where}`]
    }),
  )
}

function isOfNode(name: string): boolean {
  return name.startsWith('node:') || ofNode.has(name)
}

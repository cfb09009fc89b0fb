import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bundle, measureDoors } from '../../scripts/bundle.ts'
import { repository } from '../../scripts/support/check.ts'
import { makeTree } from '../support/tree.ts'

const door = (path: string): object => ({ types: `./dist/${path}.d.ts`, default: `./dist/${path}.js` })

const core = {
  'package.json': JSON.stringify({
    name: 'holdfast',
    exports: {
      '.': door('index'),
      './encryption': door('serializers/encrypted'),
      './fetch': door('adapters/fetch'),
      './file': door('drivers/file'),
      './hono': door('adapters/hono'),
      './memory': door('drivers/memory'),
      './not-yet': door('not-yet'),
      './package.json': './package.json',
    },
    dependencies: { cookie: '2.0.2' },
    peerDependencies: { hono: '4', pg: '8' },
  }),
  'src/index.ts': `import { parseCookie } from 'cookie'\nexport const parse = parseCookie`,
  'src/adapters/fetch.ts': 'export const session = 1',
}

function treeOf(files: Readonly<Record<string, string>>): string {
  const root = makeTree({ ...core, ...files })
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'), 'junction')
  return root
}

async function problemsOf(files: Readonly<Record<string, string>>) {
  return (await bundle(treeOf(files))).problems
}

describe('the core with fetch', () => {
  it('may reach its dependencies', async () => {
    expect(await problemsOf({})).toEqual([])
  })

  it('reaches no node: module, however deep', async () => {
    const deep = {
      'src/adapters/fetch.ts': `export * from '../http/a.ts'`,
      'src/http/a.ts': `import { readFileSync } from 'node:fs'\nexport const a = readFileSync`,
    }
    expect(await problemsOf(deep)).toEqual(['src/http/a.ts brings node:fs into the core'])
    expect(await problemsOf({ 'src/index.ts': `import fs from 'fs'\nexport const a = fs` })).toEqual([
      'src/index.ts brings fs into the core',
    ])
    expect(await problemsOf({ 'src/index.ts': `export const late = () => import('node:crypto')` })).toEqual([
      'src/index.ts brings node:crypto into the core',
    ])
  })

  it('reaches no client', async () => {
    const problems = await problemsOf({ 'src/index.ts': `export * from 'zod/mini'` })
    expect(problems[0]).toBe('src/index.ts brings the package zod/mini into the core')
    expect(await problemsOf({ 'src/adapters/fetch.ts': `export { Pool } from 'pg'` })).toEqual([
      'src/adapters/fetch.ts brings the package pg into the core',
    ])
  })

  it('is small, and when it is not, the heaviest files are named', async () => {
    // Random text, which does not compress.
    const noise = Array.from({ length: 3000 }, () => crypto.randomUUID()).join('')
    const problems = await problemsOf({ 'src/index.ts': `export const noise = '${noise}'` })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(/^the core with fetch takes .* of \d\d,\d{3} bytes, minified and gzipped: src\/index\.ts 10\d{4}/)
  })
})

describe('a door that runs anywhere', () => {
  it('reaches no node: module, and each that does is named with the file that brings it', async () => {
    const leaking = {
      'src/adapters/hono.ts': `export * from './parts.ts'`,
      'src/adapters/parts.ts': `export { connect } from 'node:net'`,
      'src/drivers/memory.ts': `export { hostname } from 'os'`,
      'src/serializers/encrypted.ts': `export { createHash } from 'node:crypto'`,
    }
    expect(await problemsOf(leaking)).toEqual([
      'src/serializers/encrypted.ts brings node:crypto into encryption',
      'src/adapters/parts.ts brings node:net into hono',
      'src/drivers/memory.ts brings os into memory',
    ])
  })

  it('reaches the framework that it is made for, and no other package', async () => {
    const source = (name: string) => ({ 'src/adapters/hono.ts': `export * from '${name}'` })
    expect(await problemsOf(source('hono/factory'))).toEqual([])
    expect(await problemsOf(source('pg'))).toEqual(['src/adapters/hono.ts brings the package pg into hono'])
    expect((await problemsOf(source('zod/mini')))[0]).toBe('src/adapters/hono.ts brings the package zod/mini into hono')
    expect(await problemsOf({ 'src/drivers/memory.ts': `export * from 'hono'` })).toEqual([
      'src/drivers/memory.ts brings the package hono into memory',
    ])
  })

  it('is not one that is made for Node', async () => {
    expect(await problemsOf({ 'src/drivers/file.ts': `export { readFileSync } from 'node:fs'` })).toEqual([])
    expect(await problemsOf({ 'src/drivers/file.ts': `export { Pool } from 'pg'` })).toEqual([
      'src/drivers/file.ts brings the package pg into file',
    ])
  })
})

describe('the size of a door', () => {
  it('counts once what it shares with the core', async () => {
    const noise = Array.from({ length: 100 }, () => crypto.randomUUID()).join('')
    const sizes = await measureDoors(
      treeOf({
        'src/index.ts': `export * from './shared.ts'`,
        'src/shared.ts': `export const noise = '${noise}'`,
        'src/adapters/hono.ts': `export * from '../shared.ts'`,
      }),
    )
    expect(sizes.map(({ path }) => path)).toEqual(['.', './fetch', './hono'])
    const [whole, , hono] = sizes
    expect(whole?.withCoreBytes).toBe(whole?.aloneBytes)
    expect(hono?.aloneBytes).toBeGreaterThan(1500)
    expect(hono?.withCoreBytes).toBeLessThan((hono?.aloneBytes ?? 0) + 100)
  })
})

import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bundle } from '../../scripts/bundle.ts'
import { repository } from '../../scripts/support/check.ts'
import { makeTree } from '../support/tree.ts'

const core = {
  'package.json': JSON.stringify({ name: 'holdfast', exports: {}, dependencies: { cookie: '2.0.2' } }),
  'src/index.ts': `import { parseCookie } from 'cookie'\nexport const parse = parseCookie`,
  'src/adapters/fetch.ts': 'export const session = 1',
}

async function problemsOf(files: Readonly<Record<string, string>>) {
  const root = makeTree({ ...core, ...files })
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'), 'junction')
  return (await bundle(root)).problems
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
  })

  it('reaches no client', async () => {
    const problems = await problemsOf({ 'src/index.ts': `export * from 'zod/mini'` })
    expect(problems[0]).toBe('src/index.ts brings the package zod/mini into the core')
  })

  it('reaches no client through hono’s door', async () => {
    const problems = await problemsOf({ 'src/adapters/hono.ts': `export * from 'zod/mini'` })
    expect(problems[0]).toBe('src/adapters/hono.ts brings the package zod/mini into the core')
  })

  it('is small, and when it is not, the heaviest files are named', async () => {
    // Random text, which does not compress.
    const noise = Array.from({ length: 3000 }, () => crypto.randomUUID()).join('')
    const problems = await problemsOf({ 'src/index.ts': `export const noise = '${noise}'` })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(/^the core with fetch takes .* of \d\d,\d{3} bytes, minified and gzipped: src\/index\.ts 10\d{4}/)
  })
})

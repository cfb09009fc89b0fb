import { describe, expect, it } from 'vitest'
import { floors, importsOf } from '../../scripts/floors.ts'
import { makeTree } from '../support/tree.ts'

const manifest = JSON.stringify({
  name: 'holdfast',
  exports: {
    '.': { types: './dist/index.d.ts', default: './dist/index.js' },
    './memory': { types: './dist/drivers/memory.d.ts', default: './dist/drivers/memory.js' },
  },
  dependencies: { cookie: '2.0.2' },
})

const problemsOf = (files: Readonly<Record<string, string>>) => floors(makeTree({ 'package.json': manifest, ...files })).problems

describe('importsOf', () => {
  it('reads imports of values, of types, for their effect, over lines, re-exports and import()', () => {
    const text = `
import a from './a.ts'
import type { B } from "./b.ts"
import {
  c,
  type C,
} from './c.ts'
import './d.ts'
export * from './e.ts'
export type { F } from './f.ts'
import * as g from './g.ts'
const h = await import('./h.ts')
type I = typeof import('./i.ts')`
    expect(importsOf(text).toSorted()).toEqual('abcdefghi'.split('').map((letter) => `./${letter}.ts`))
  })

  it('is not misled by words in comments and strings', () => {
    const text = `
/** Taken from './a.ts'
 * import('./b.ts') is what it was.
 */
// import('./c.ts')
export const d = "import e from './e.ts'"
export interface F { from: 'g' }`
    expect(importsOf(text)).toEqual([])
  })
})

describe('floors', () => {
  it('lets imports go down and sideways in a room', () => {
    const problems = problemsOf({
      'src/index.ts': `export * from './manager/manager.ts'`,
      'src/manager/manager.ts': `import type { Driver } from '../contracts/driver.ts'\nimport { queue } from './queue.ts'\nimport 'cookie'`,
      'src/manager/queue.ts': '',
      'src/contracts/driver.ts': `import type { Key } from '../session/id.ts'`,
      'src/session/id.ts': '',
      'src/drivers/memory.ts': `import { settle } from './settle.ts'`,
      'src/drivers/settle.ts': '',
      'src/drivers/file/file-driver.ts': `import { open } from 'node:fs'\nimport lock from 'fs-native-extensions'\nimport { settle } from '../settle.ts'`,
    })
    expect(problems).toEqual([])
  })

  it.each([
    ['up', 'src/session/a.ts', `import '../manager/b.ts'`, 'src/manager/b.ts: session (floor 0) may not import manager (floor 4)'],
    ['up for a type', 'src/http/a.ts', `import type { B } from '../manager/b.ts'`, 'src/manager/b.ts: http (floor 3) may not import'],
    ['driver to serializer', 'src/drivers/memory.ts', `import '../serializers/b.ts'`, 'src/serializers/b.ts: drivers (floor 2) may not'],
    [
      'driver to driver file',
      'src/drivers/file/a.ts',
      `import '../memory.ts'`,
      'src/drivers/memory.ts: a driver may not import another driver',
    ],
    ['driver to driver folder', 'src/drivers/memory.ts', `import './file/b.ts'`, 'src/drivers/file/b.ts: a driver may not import another'],
    ['to the public face', 'src/testing/a.ts', `import '../index.ts'`, 'src/index.ts: testing (floor 7) may not import index.ts (floor 8)'],
    ['node: in the core', 'src/manager/a.ts', `import { x } from 'node:fs'`, 'node:fs: node: modules may be imported in'],
    ['a node: type in the core', 'src/adapters/fetch.ts', `import type { x } from 'node:http'`, 'node:http: node: modules may be'],
    ['node without node:', 'src/http/a.ts', `import fs from 'fs'`, 'fs: node: modules may be imported in'],
    ['a client in the core', 'src/adapters/fetch.ts', `import type { Request } from 'express'`, 'express: the core may import only'],
    ['an unknown room', 'src/attic/a.ts', `import '../session/b.ts'`, 'src/session/b.ts: attic is on no floor'],
    ['out of the house', 'src/session/a.ts', `import '../../test/b.ts'`, 'test/b.ts: test/b.ts is on no floor'],
  ])('names both files and the broken rule: %s', (_case, file, text, problem) => {
    const problems = problemsOf({ [file]: text })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(`${file} imports ${problem}`)
  })

  it('shows the way of a cycle, of types too', () => {
    const problems = problemsOf({
      'src/session/a.ts': `import type { B } from './b.ts'`,
      'src/session/b.ts': `import { c } from './c.ts'`,
      'src/session/c.ts': `import { a } from './a.ts'`,
    })
    expect(problems).toEqual(['src/session/a.ts imports src/session/b.ts imports src/session/c.ts imports src/session/a.ts: no cycles'])
  })
})

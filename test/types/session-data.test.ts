import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, parse } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'

// The compiler runs apart: filling `SessionData` here would fill it for every other file that is checked along with this one.
const repository = join(import.meta.dirname, '../..')
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-types-'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  const compilerOptions = {
    typeRoots: [join(repository, 'node_modules/@types')],
    rootDir: parse(folder).root,
    paths: { holdfast: [join(repository, 'src/index.ts')] },
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: join(repository, 'tsconfig.check.json'), compilerOptions, include: ['main.ts'], exclude: [] }),
  )
})

afterAll(() => rmSync(folder, { recursive: true }))

it('SessionData, filled once by declare module, types the keys and values of every session', () => {
  const errors = check(`
    import { AttributeBag, type Session } from 'holdfast'
    declare module 'holdfast' {
      interface SessionData { user: { name: string }; visits: number }
    }
    declare const session: Session
    export const name: string | undefined = session.get('user.name')
    export const visits: number = session.get('visits', 0) + session.increment('visits')
    session.set('user', { name: 'x' })
    new AttributeBag().get('user.name')
    session.get('user.nmae') // line 11
    session.set('visits', 'many') // line 12
    new AttributeBag().get('usr') // line 13
  `)
  expect(errors).toEqual(['main.ts(11,', 'main.ts(12,', 'main.ts(13,'])
})

it('SessionData left empty leaves every key open', () => {
  const errors = check(`
    import type { Session } from 'holdfast'
    declare const session: Session
    export const anything: unknown = session.get('user.name')
    session.set('visits', 'many')
    export const name: string = session.get('user.name') // line 6: unknown is no string
  `)
  expect(errors).toEqual(['main.ts(6,'])
})

it('keys are checked without strict too, through optional properties and beside null', () => {
  const errors = check(
    `
    import type { Session } from 'holdfast'
    declare const session: Session<{ user?: { name?: string }; nothing: null }>
    export const name: string = session.get('user.name')
    session.set('user.name', 5) // line 5
    session.get('user.nmae') // line 6
  `,
    { strict: false, exactOptionalPropertyTypes: false },
  )
  expect(errors).toEqual(['main.ts(5,', 'main.ts(6,'])
})

it('a wide data type costs no more for each key that is used', () => {
  const wide = Array.from({ length: 400 }, (_, index) => `k${index}`)
  const source = `
    import type { Session } from 'holdfast'
    declare const session: Session<{ ${wide.map((key) => `${key}: { a: { b: number } }`).join('; ')} }>
    ${wide.map((key) => `session.set('${key}.a.b', 1)`).join('\n')}
  `
  const said = compile(source, ['--extendedDiagnostics'])
  expect(said).not.toContain('error')
  const [, count = 'no count'] = /^Instantiations: +(\d+)$/m.exec(said) ?? []
  expect(Number(count)).toBeLessThan(400_000) // that of each with each other is more than twice as much
})

/** Where the compiler finds something wrong in an application's file. */
function check(source: string, options: Readonly<Record<string, boolean>> = {}): string[] {
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`])
  return compile(source, flags).match(/^main\.ts\(\d+,/gm) ?? []
}

/** What the compiler says of an application's file. */
function compile(source: string, flags: readonly string[]): string {
  writeFileSync(join(folder, 'main.ts'), source)
  const tsc = join(repository, 'node_modules/typescript/bin/tsc')
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false', ...flags], { cwd: folder, encoding: 'utf8' })
  return stdout
}

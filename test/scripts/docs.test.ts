import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { programsOf } from '../../scripts/docs/blocks.ts'
import { docs } from '../../scripts/docs.ts'
import { repository } from '../../scripts/support/check.ts'
import { makeTree } from '../support/tree.ts'

const fence = (info: string, code: string): string => `\`\`\`${info}\n${code}\n\`\`\`\n`

/** A small package with these pages. */
function packageWith(pages: Readonly<Record<string, string>>): string {
  const root = makeTree({
    'package.json': JSON.stringify({
      name: 'holdfast',
      type: 'module',
      exports: { '.': { default: './dist/index.js' }, './deep': { default: './dist/deep/door.js' } },
    }),
    'tsconfig.check.json': JSON.stringify({ extends: join(repository, 'tsconfig.check.json') }),
    'src/index.ts': `export interface Data { [name: string]: unknown }\nexport const answer = (): number => 42`,
    'src/deep/door.ts': `export const fail = (): void => {\n  throw new Error('as it should')\n}`,
    ...pages,
  })
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'), 'junction')
  return root
}

const problemsOf = async (text: string) => (await docs(packageWith({ 'README.md': text }))).problems

describe('code blocks of a page', () => {
  it('are its ts and js blocks, on the lines they have in the page', () => {
    const text = `# Title\n\n${fence('ts', 'const a = 1')}\n${fence('sh', 'npm start')}\n- in a list\n  ${fence('js', '  run()\n    .then()').replace('\n```\n', '\n  ```\n')}`
    const { programs } = programsOf('a.md', text)
    expect(programs.map(({ line, language, code }) => [line, language, code])).toEqual([
      [4, 'ts', '\n\n\nconst a = 1'],
      [13, 'js', `${'\n'.repeat(12)}run()\n  .then()`],
    ])
  })

  it('can go on where the one before ended', () => {
    const { programs } = programsOf('a.md', fence('ts', 'const a = 1') + fence('ts continues', 'a + 1') + fence('ts', 'b'))
    expect(programs.map(({ code }) => code)).toEqual(['\nconst a = 1', '\nconst a = 1\n\n\na + 1', `${'\n'.repeat(7)}b`])
  })

  it('may be left unrun for a reason only', () => {
    const { programs, problems } = programsOf(
      'a.md',
      fence('ts not-run: needs a store', '') + fence('ts not-run', '') + fence('ts norun', ''),
    )
    expect(programs[0]?.notRun).toBe('needs a store')
    expect(problems.map((problem) => problem.slice(0, 20))).toEqual(['a.md:4: "not-run" is', 'a.md:7: "norun" is n'])
  })
})

describe('docs', () => {
  it('pass when every block compiles, runs and ends, servers too', async () => {
    const server = `import express from 'express'\nconst app = express()\napp.get('/', (req, res) => void res.send('hi'))\napp.listen(3000)`
    const pages = {
      'README.md': fence('ts', `import { answer } from 'holdfast'\nif (answer() !== 42) throw new Error('no')`) + fence('ts', server),
      'docs/deep/page.md': fence('ts', `import { fail } from 'holdfast/deep'\nexport type Fail = typeof fail`) + fence('sh', 'exit 1'),
    }
    expect(await docs(packageWith(pages))).toEqual({ summary: '3 code blocks of 2 pages compile, 3 of them run', problems: [] })
  })

  it('name page and line of a block that does not compile', async () => {
    const problems = await problemsOf(
      `Text.\n\n${fence('ts', `import { answer } from 'holdfast'\nconst text: string = answer()\nconsole.log(text)`)}`,
    )
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(/^README\.md\(5,7\): error TS2322/)
  })

  it('name page and line of a block that throws', async () => {
    const problems = await problemsOf(`Text.\n${fence('ts', `import { fail } from 'holdfast/deep'\nfail()`)}`)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(/^README\.md:3 fails: [\s\S]*as it should[\s\S]*README\.md:4:1/)
  })

  it('fail for a server that answers with an error', async () => {
    const problems = await problemsOf(
      fence('ts', `import { createServer } from 'node:http'\ncreateServer((_, res) => res.writeHead(500).end()).listen(3000)`),
    )
    expect(problems).toEqual(['README.md:2 fails: its server answered GET / with 500'])
  })

  it('compile a block that declares types for everyone by itself', async () => {
    const declares = `import 'holdfast'\ndeclare module 'holdfast' {\n  interface Data { count: number }\n}`
    const uses = `import type { Data } from 'holdfast'\nexport const data: Data = {}`
    expect(await problemsOf(fence('ts', declares) + fence('ts', uses))).toEqual([])
    expect((await problemsOf(fence('ts', declares) + fence('ts continues', uses))).join()).toContain(`Property 'count' is missing`)
  })
})

import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { repository } from '../../scripts/support/check.ts'

const tsc = (...args: string[]) =>
  spawnSync(process.execPath, [join(repository, 'node_modules/typescript/bin/tsc'), ...args], { cwd: repository, encoding: 'utf8' })

it('the type check fails on a type test that is wrong', () => {
  const { status, stdout } = tsc('-p', 'test/fixtures/must-fail', '--pretty', 'false')
  expect(status).not.toBe(0)
  expect(stdout).toContain('wrong.test-d.ts(4,')
})

it('the type check includes every type test but that one', () => {
  const checked = tsc('-p', 'tsconfig.check.json', '--listFilesOnly').stdout
  const typeTests = globSync('test/**/*.test-d.ts', { cwd: repository, exclude: ['test/fixtures/must-fail/**'] })
  expect(typeTests.filter((file) => !checked.includes(file.replaceAll('\\', '/')))).toEqual([])
  expect(checked).not.toContain('wrong.test-d.ts')
})

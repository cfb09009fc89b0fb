import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { repository } from '../../scripts/support/check.ts'
import { withPlainImports } from '../../scripts/plain-imports.ts'

it('an import() whose name is chosen has one argument, as it was written, on the line where it was', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-imports-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'chosen.ts'), 'export const chosen = (name: string): Promise<unknown> => import(/* @vite-ignore */ name)\n')
  const options = ['--target', 'es2023', '--module', 'nodenext', '--rewriteRelativeImportExtensions', '--types', 'node']
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  const tsc = join(repository, 'node_modules/typescript/bin/tsc')
  spawnSync(process.execPath, [tsc, 'chosen.ts', '--outDir', 'out', '--skipLibCheck', ...options], { cwd: folder })
  const built = readFileSync(join(folder, 'out/chosen.js'), 'utf8')
  expect(built).toContain('__rewriteRelativeImportExtension')
  const plain = withPlainImports(built)
  expect(plain.trim()).toBe('export const chosen = (name) => import((/* @vite-ignore */ name));')
  expect(plain.split('\n')).toHaveLength(built.split('\n').length)
})

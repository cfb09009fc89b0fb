import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { packageOf, readPackageJson, repository } from '../../scripts/support/check.ts'
import { application } from './support.ts'

/**
 * The folder of an application in which `holdfast` is installed, made of the sources, with what it depends on and these packages. Nothing else is to be found from there: the sources are
 * copied.
 */
export function installation(packages: readonly string[] = [], files: Readonly<Record<string, string>> = {}): string {
  const folder = application({ 'package.json': '{ "type": "module" }', ...files })
  const { name, dependencies = {}, exports } = readPackageJson(repository)
  const installed = join(folder, 'node_modules')
  mkdirSync(installed)
  for (const other of new Set([...Object.keys(dependencies), ...packages].map((one) => packageOf(one)))) {
    mkdirSync(join(installed, other, '..'), { recursive: true })
    symlinkSync(join(repository, 'node_modules', other), join(installed, other), 'junction')
  }
  // Node runs no TypeScript below node_modules: there it stands as a link.
  cpSync(join(repository, 'src'), join(folder, 'holdfast', 'src'), { recursive: true })
  const sources = Object.entries(exports).flatMap(([path, target]) =>
    typeof target === 'string' ? [] : [[path, target['default']?.replace(/^\.\/dist\/(.*)\.js$/, './src/$1.ts')]],
  )
  writeFileSync(join(folder, 'holdfast', 'package.json'), JSON.stringify({ name, type: 'module', exports: Object.fromEntries(sources) }))
  symlinkSync(join(folder, 'holdfast'), join(installed, name), 'junction')
  return folder
}

/** Runs a program there, and gives what it printed. */
export async function ranIn(folder: string, program: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  writeFileSync(join(folder, 'program.ts'), program)
  const { stdout } = await promisify(execFile)(process.execPath, ['program.ts'], {
    cwd: folder,
    env: { NODE_ENV: 'test', PATH: process.env['PATH'], ...env },
  })
  return stdout.trim()
}

// The package as npm would publish it: linted, opened, and each of its doors imported.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CheckResult, filesUnder, readPackageJson, runCheck } from './support/check.ts'

const PLAIN = ['package.json', 'LICENSE']

export function packageCheck(root: string): CheckResult {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-package-'))
  try {
    const packed = run(root, 'npm', 'pack', '--silent', '--pack-destination', folder)
    const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz'))
    if (packed !== undefined || tarball === undefined) return { summary: '', problems: [`npm pack fails: ${packed}`] }
    const path = join(folder, tarball)
    const unpacked = unpack(root, path, folder)
    const files = filesUnder(unpacked, '.').concat(filesUnder(unpacked, 'dist'))
    const problems = [
      run(root, 'node_modules/.bin/publint', 'run', path, '--strict'),
      run(root, 'node_modules/.bin/attw', path, '--profile', 'esm-only'),
      ...strayFiles(files, filesUnder(root, 'src'), pagesIn(root)),
      ...importProblems(root, folder),
    ]
    return {
      summary: `${files.length} files, publint, attw and an import of each export pass`,
      problems: problems.filter((p) => p !== undefined),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What the README and messages of errors lead to. */
function pagesIn(root: string): string[] {
  return filesUnder(root).filter((file) => /^(?:[^/]+|docs\/.+)\.md$/.test(file))
}

/** Files that a package should not hold, and pages and built files that it lacks. */
export function strayFiles(files: readonly string[], sources: readonly string[], pages: readonly string[]): string[] {
  const code = sources.filter((file) => file.endsWith('.ts') && !file.includes('.test'))
  // What only declares is compiled to nothing.
  const compiled = code.filter((file) => !file.endsWith('.d.ts'))
  const built = compiled.flatMap((file) =>
    ['.js', '.js.map', '.d.ts', '.d.ts.map'].map((end) => file.replace(/^src\/(.*)\.ts$/, `dist/$1${end}`)),
  )
  const wanted = new Set([...PLAIN, ...pages, ...code, ...built])
  return [
    ...files.filter((file) => !wanted.has(file)).map((file) => `${file} does not belong into the package`),
    ...[...wanted].filter((file) => !files.includes(file)).map((file) => `${file} is missing from the package`),
  ]
}

/** Unpacks the package where it would be installed, beside what it may depend on. */
function unpack(root: string, tarball: string, folder: string): string {
  const { name, dependencies, optionalDependencies, peerDependencies } = readPackageJson(root)
  const installed = join(folder, 'node_modules')
  const unpacked = join(installed, name)
  mkdirSync(unpacked, { recursive: true })
  run(root, 'tar', '-xzf', tarball, '-C', unpacked, '--strip-components=1')
  for (const other of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
    mkdirSync(join(installed, other, '..'), { recursive: true })
    symlinkSync(join(root, 'node_modules', other), join(installed, other), 'junction')
  }
  return unpacked
}

function importProblems(root: string, folder: string): string[] {
  const { name, exports } = readPackageJson(root)
  return Object.keys(exports).flatMap((path) => {
    const specifier = path.replace('.', name)
    const attributes = path.endsWith('.json') ? `, { with: { type: 'json' } }` : ''
    const problem = run(folder, process.execPath, '--input-type=module', '--eval', `await import('${specifier}'${attributes})`)
    return problem === undefined ? [] : [`${specifier} cannot be imported: ${problem}`]
  })
}

/** Runs a command; gives what it printed when it failed. */
function run(cwd: string, command: string, ...args: string[]): string | undefined {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  return status === 0 ? undefined : `${command}: ${[error?.message, stdout, stderr].filter(Boolean).join('\n').trim()}`
}

if (import.meta.main) await runCheck('package', packageCheck)

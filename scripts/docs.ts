// Every ts and js block of the README and the docs is compiled and run, as a user would: `holdfast` and its doors are imported by
// their names, here from the sources. How to write blocks: CONTRIBUTING, "Docs".
import { execFile, type ExecFileException } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, parse } from 'node:path'
import { type Program, programsOf } from './docs/blocks.ts'
import { postgresForTests } from '../test/support/postgres-server.ts'
import { redisForTests } from '../test/support/redis-server.ts'
import { type CheckResult, filesUnder, type PackageJson, readPackageJson, readText, runCheck } from './support/check.ts'

const MOST_MS_A_BLOCK = 30_000
const PROCESSES = 2

export async function docs(root: string): Promise<CheckResult> {
  const pages = filesUnder(root).filter((file) => /^(?:[^/]+|docs\/.+)\.md$/.test(file))
  const read = pages.map((page) => programsOf(page, readText(root, page)))
  const programs = read.flatMap((page) => page.programs)
  const problems = read.flatMap((page) => page.problems)
  const skipped = programs.filter((program) => program.notRun !== undefined).length
  const summary = `${programs.length} code blocks of ${pages.length} pages compile, ${programs.length - skipped} of them run`
  if (programs.length === 0) return { summary, problems }
  const folder = workplace(root, readPackageJson(root))
  const redis = programs.some(({ code }) => code.includes('REDIS_URL')) ? await redisForTests() : undefined
  if (redis !== undefined) process.env['REDIS_URL'] = redis.url
  const postgres = programs.some(({ code }) => code.includes('DATABASE_URL')) ? await postgresForTests() : undefined
  if (postgres !== undefined) process.env['DATABASE_URL'] = postgres.url
  try {
    for (const program of programs) writeFileSync(join(folder, fileOf(program)), program.code)
    problems.push(...(await compile(root, folder, programs)))
    if (problems.length === 0) problems.push(...(await runAll(folder, programs)))
    return { summary, problems }
  } finally {
    await redis?.stop()
    await postgres?.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

const fileOf = ({ page, line, language }: Program): string => `${page.replaceAll('/', '-')}-${line}.${language}`

/** A folder in which `holdfast` is installed, made of the sources, beside everything that the repository has installed. */
function workplace(root: string, { name, exports }: PackageJson): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-docs-'))
  const installed = join(folder, 'node_modules')
  mkdirSync(join(installed, name), { recursive: true })
  for (const other of readdirSync(join(root, 'node_modules'))) {
    if (!other.startsWith('.') && other !== name) symlinkSync(join(root, 'node_modules', other), join(installed, other), 'junction')
  }
  symlinkSync(join(root, 'src'), join(installed, name, 'src'), 'junction')
  const sources = Object.entries(exports).flatMap(([path, target]) =>
    typeof target === 'string' ? [] : [[path, target['default']?.replace(/^\.\/dist\/(.*)\.js$/, './src/$1.ts')]],
  )
  writeFileSync(join(installed, name, 'package.json'), JSON.stringify({ name, type: 'module', exports: Object.fromEntries(sources) }))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
  return folder
}

/** Programs that declare types for everyone are compiled one by one, the others together. */
async function compile(root: string, folder: string, programs: readonly Program[]): Promise<string[]> {
  const alone = programs.filter((program) => program.isGlobal).map((program) => [program])
  const groups = [programs.filter((program) => !program.isGlobal), ...alone].filter((group) => group.length > 0)
  const problems: string[] = []
  for (const group of groups) {
    const config = {
      extends: join(root, 'tsconfig.check.json'),
      compilerOptions: { rootDir: parse(folder).root, moduleDetection: 'force', allowJs: true, checkJs: true },
      include: [],
      files: group.map(fileOf),
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const { failed, output } = await execute(folder, join(root, 'node_modules/typescript/bin/tsc'), '-p', '.', '--pretty', 'false')
    if (failed) problems.push(...output.split('\n').map((row) => inPage(row, group)))
  }
  return problems.filter((problem) => problem.trim() !== '')
}

/** Says of the page what was said of the file that a block was written to. */
function inPage(text: string, programs: readonly Program[]): string {
  return programs.reduce((result, program) => result.replaceAll(fileOf(program), program.page), text)
}

async function runAll(folder: string, programs: readonly Program[]): Promise<string[]> {
  const queue = programs.filter((program) => program.notRun === undefined)
  const problems: string[] = []
  const worker = async (): Promise<void> => {
    for (let program = queue.shift(); program !== undefined; program = queue.shift()) {
      const cwd = mkdtempSync(join(folder, 'run-'))
      const { failed, output } = await execute(cwd, '--import', join(import.meta.dirname, 'docs/preload.ts'), join(folder, fileOf(program)))
      if (failed) problems.push(`${program.page}:${program.line} fails: ${inPage(output.replaceAll(`${folder}/`, ''), [program])}`)
    }
  }
  await Promise.all(Array.from({ length: PROCESSES }, worker))
  return problems
}

function execute(cwd: string, ...args: string[]): Promise<{ failed: boolean; output: string }> {
  return new Promise((resolve) => {
    const done = (error: ExecFileException | null, stdout: string, stderr: string): void => {
      const end = error?.killed === true ? `it did not end within ${MOST_MS_A_BLOCK / 1000} s` : ''
      resolve({ failed: error !== null, output: [stdout.trim(), stderr.trim(), end].filter((part) => part !== '').join('\n') })
    }
    execFile(process.execPath, args, { cwd, timeout: MOST_MS_A_BLOCK, killSignal: 'SIGKILL' }, done)
  })
}

if (import.meta.main) await runCheck('docs', docs)

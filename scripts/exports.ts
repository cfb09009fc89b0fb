import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type CheckResult, readPackageJson, readText, runCheck } from './support/check.ts'

/** Each export of `package.json` is built from the source of the same path, and the API table of the README names it. */
export function exportsCheck(root: string): CheckResult {
  const { name, exports } = readPackageJson(root)
  const table = existsSync(join(root, 'README.md'))
    ? readText(root, 'README.md')
        .split('\n')
        .filter((line) => line.startsWith('|'))
    : undefined
  const problems: string[] = []
  for (const [path, target] of Object.entries(exports)) {
    if (path === './package.json') continue
    const entry = path.replace('.', name)
    problems.push(...targetProblems(root, entry, target))
    if (table !== undefined && !table.some((line) => line.includes(`\`${entry}\``))) {
      problems.push(`${entry} is missing from the API table of README.md: add a row with \`${entry}\``)
    }
  }
  return { summary: `${Object.keys(exports).length - 1} exports have a source and a row in the README`, problems }
}

function targetProblems(root: string, entry: string, target: string | Readonly<Record<string, string>>): string[] {
  if (typeof target === 'string') return [`${entry} needs "types" and "default"`]
  const { types = '', default: code = '' } = target
  const path = /^\.\/dist\/(.+)\.js$/.exec(code)?.[1]
  if (path === undefined) return [`${entry}: "default" is ${code}, not a .js file in ./dist`]
  if (types !== `./dist/${path}.d.ts`) return [`${entry}: "types" is ${types}, not ./dist/${path}.d.ts`]
  return existsSync(join(root, `src/${path}.ts`)) ? [] : [`${entry}: its source src/${path}.ts does not exist`]
}

if (import.meta.main) await runCheck('exports', exportsCheck)

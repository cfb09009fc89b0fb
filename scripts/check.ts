// npm run check [-- NAME ...]: runs every check, or those that are named, and fails when one fails.
import { spawnSync } from 'node:child_process'
import { repository } from './support/check.ts'

/** The npm scripts that are checks, the quick ones first. */
const CHECKS = [
  'check:floors',
  'check:exports',
  'check:contract',
  'check:length',
  'check:hygiene',
  'check:figures',
  'check:security',
  'check:seed',
  'fmt:check',
  'lint',
  'types',
  'check:size',
  'check:package',
  'check:docs',
  'check:fuzz',
]

const names = CHECKS.map((script) => script.replace('check:', ''))
const named = process.argv.slice(2)
const unknown = named.filter((name) => !names.includes(name))
if (unknown.length > 0) {
  console.error(`There is no check ${unknown.join(', ')}. There are: ${names.join(', ')}`)
  process.exit(2)
}
const chosen = CHECKS.filter((_script, at) => named.length === 0 || named.includes(names[at] ?? ''))
const failed = chosen.filter(
  (script) => spawnSync(`npm run --silent ${script}`, { cwd: repository, stdio: 'inherit', shell: true }).status !== 0,
)
console.log(
  failed.length === 0 ? `check: all ${chosen.length} pass` : `check: ${failed.length} of ${chosen.length} fail: ${failed.join(', ')}`,
)
process.exitCode = failed.length === 0 ? 0 : 1

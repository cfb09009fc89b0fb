// Each sentence of the driver contract's documentation is a promise, and each promise is a test of the same words in the suite.
import { type CheckResult, filesUnder, readText, runCheck } from './support/check.ts'

const CONTRACT = 'src/contracts/driver.ts'
const FURTHER = 'src/contracts/surveying-driver.ts'
const INTERFACES = new Set(['SessionDriver', 'LockingDriver', 'ListingDriver', 'RewritingDriver', 'SurveyingDriver'])
const SUITE = /^src\/testing\/(?:driver-suite[^/]*\.ts|suite\/.+\.ts)$/

export function contractSentences(root: string): CheckResult {
  const further = filesUnder(root, 'src/contracts').includes(FURTHER) ? readText(root, FURTHER) : ''
  const sentences = [...promisesOf(readText(root, CONTRACT)), ...promisesOf(further)]
  const names = new Set(
    filesUnder(root, 'src/testing')
      .filter((file) => SUITE.test(file))
      .flatMap((file) => testNames(readText(root, file))),
  )
  const problems = sentences.filter((sentence) => !names.has(sentence)).map((sentence) => `no test in the suite is called "${sentence}"`)
  return { summary: `${sentences.length} sentences of ${CONTRACT} are tests of the suite`, problems }
}

/** The sentences about the interfaces and their methods, each after the name of what it is about. Properties promise nothing. */
export function promisesOf(source: string): string[] {
  const sentences: string[] = []
  let current = ''
  for (const [, comment = '', name, member = '', after] of source.matchAll(DOCUMENTED)) {
    if (name !== undefined) current = name
    if (INTERFACES.has(current) && (name !== undefined || after === '(')) {
      sentences.push(...sentencesOf(comment).map((sentence) => `${name ?? member}: ${sentence}`))
    }
  }
  return sentences
}

/** A documentation comment with the interface or the member that follows it. */
const DOCUMENTED = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(?:export interface (\w+)|(?:readonly )?(\w+)(?:<[^(]*>)?(\(|\??:)|)/g

function sentencesOf(comment: string): string[] {
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\*? ?/, '').trim())
  const tag = lines.findIndex((line) => line.startsWith('@'))
  return (tag === -1 ? lines : lines.slice(0, tag))
    .join(' ')
    .split(/(?<=\.)\s+/)
    .map(normalise)
    .filter((sentence) => sentence !== '')
}

/** The first arguments of all calls that are plain strings, `read(): ...` written as `read: ...`. */
function testNames(source: string): string[] {
  const calls = source.matchAll(/\(\s*(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)"|`([^`$]*)`)\s*,/g)
  return [...calls].map(([, single, double, template]) =>
    normalise((single ?? double ?? template ?? '').replaceAll(/\\(.)/g, '$1').replace(/^(\w+)\(\):/, '$1:')),
  )
}

function normalise(text: string): string {
  return text.replaceAll('`', '').replaceAll(/\s+/g, ' ').trim().replace(/\.$/, '')
}

if (import.meta.main) await runCheck('contract', contractSentences)

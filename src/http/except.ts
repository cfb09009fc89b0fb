import { SessionError } from '../session/errors.ts'
import { shown } from '../session/option-check.ts'

type PathTest = (path: string) => boolean

// Where a router and this check could read one path in two ways: empty and dot segments, `\`, `#`, control characters, and an
// encoded letter, digit, '-', '.', '_', '~', slash, backslash or control character, and an encoded space at a segment's end, which some cut
// off. No browser sends any of them by itself.
const AMBIGUOUS =
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  /\/\/|[\\#]|\/\.{1,2}(?:\/|$)|[\x00-\x20\x7f]|%20(?:\/|$)|%(?:[01].|2[def]|3\d|4[1-9a-f]|5[0-9acf]|6[1-9a-f]|7[0-9aef])/i

/**
 * Makes the test whether a path is excepted: `session()` opens no session for it, `csrf()` does not check it.
 *
 * A text beginning with `/` matches that path and all below it: `/api` takes `/api` and `/api/users`, not `/apix`; one that ends in `/`
 * takes what begins with it. `RegExp`s, and texts such as `#\.json$#i`, are searched in the path. Upper and lower case differ.
 *
 * Compared is the path that the router is given, without its query, percent-decoded once. A path that a router could read in another
 * way than this test (`//`, `/../`, `%2F`, needless or broken percent-encoding) matches nothing: nobody gets round a check by
 * spelling the path of one route so that it looks like another's.
 *
 * @throws {SessionError} `ERR_SESSION_CONFIG` for patterns that are empty, invalid, or can never match.
 */
export function exceptMatcher(patterns: readonly (string | RegExp)[], optionName = 'except'): PathTest {
  if (!Array.isArray(patterns)) throw SessionError.config(optionName, `must be an array of texts and RegExps, not ${shown(patterns)}.`)
  const tests = patterns.map((pattern: unknown, index) => pathTest(pattern, `${optionName}.${index}`))
  if (tests.length === 0) return () => false
  return (path) => {
    const plain = plainPath(path)
    return plain !== undefined && tests.some((test) => test(plain))
  }
}

function pathTest(pattern: unknown, option: string): PathTest {
  if (pattern instanceof RegExp) return searching(pattern)
  if (typeof pattern !== 'string') throw SessionError.config(option, `must be a text or a RegExp, not ${shown(pattern)}.`)
  if (pattern.startsWith('#')) return searching(delimited(pattern, option))
  const prefix = plainPath(pattern)
  if (prefix === undefined || pattern.includes('?')) {
    throw SessionError.config(
      option,
      `is ${shown(pattern)}: a path must begin with '/' and stand as browsers send it, without query, '//', '.', '..' and needless escapes.`,
    )
  }
  if (prefix.endsWith('/')) return (path) => path.startsWith(prefix)
  return (path) => path === prefix || path.startsWith(`${prefix}/`)
}

// `search` begins at the start each time, whatever `lastIndex` the flags g and y have left in the expression.
function searching(expression: RegExp): PathTest {
  return (path) => path.search(expression) !== -1
}

function delimited(pattern: string, option: string): RegExp {
  const end = pattern.lastIndexOf('#')
  const flags = pattern.slice(end + 1)
  if (end < 2) throw SessionError.config(option, `is ${shown(pattern)}: a regular expression in a text needs a '#' before and behind it.`)
  if (!/^[imsu]*$/.test(flags)) throw SessionError.config(option, `has the flags ${shown(flags)}; known are i, m, s and u.`)
  try {
    return new RegExp(pattern.slice(1, end), flags)
  } catch (cause) {
    throw SessionError.config(option, `is ${shown(pattern)}, no valid regular expression: ${cause instanceof Error ? cause.message : ''}`)
  }
}

function plainPath(path: string): string | undefined {
  const [bare = ''] = path.split('?', 1)
  if (!bare.startsWith('/') || AMBIGUOUS.test(bare)) return undefined
  if (!bare.includes('%')) return bare
  try {
    return decodeURIComponent(bare)
  } catch {
    return undefined
  }
}

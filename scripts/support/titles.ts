const QUOTED = String.raw`('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|\x60[^\x60$]*\x60)`
/** `it('...'`, `test.concurrent('...'` and `it.each(...)('...'`, not what is skipped. */
const TITLE = new RegExp(String.raw`(?:\b(?:it|test)(?:\.(?:only|concurrent|sequential))*|\](?: as const)?\))\(\s*${QUOTED}`, 'g')
/** What looks like the id of a requirement. The ASVS has more than the list: of it only what has not its form is wrong. */
const LOOKS_LIKE_ID =
  /^(?:ASVS(?!-\d+\.\d+\.\d+\b)[-\w.]*|CS-SM(?: "[^"]*"|[\w-]*)|CS-CSRF-\d+|GO-\d+|NIST-[\w.]+(?:[ -][a-f]\b)?|6265bis-[\w.-]+|SYM-CSRF-\d+|CVE-[\d-]+)/
const BETWEEN = /^(?:[\s,;:&/]+|(?:and|to)\b|(?:S|D)-\d+\b)/

/** The titles of the tests in a file. */
export function titlesIn(source: string): string[] {
  return [...source.matchAll(TITLE)].map(([, quoted = '']) => quoted.slice(1, -1).replaceAll(/\\(.)/g, '$1'))
}

/**
 * The ids that a title begins with: one, or several in a row, each as the list writes it, without its quotes, or with hyphens for spaces.
 * `unknown`: something that looks like one and is not on the list.
 */
export function idsOf(title: string, ids: readonly string[]): { readonly known: readonly string[]; readonly unknown: string | undefined } {
  const spellings = ids.flatMap((id) => spellingsOf(id).map((text) => ({ id, text })))
  const known: string[] = []
  for (let rest = title; ;) {
    rest = withoutBetween(rest)
    const found = spellings.filter(({ text }) => beginsWith(rest, text)).toSorted((one, other) => other.text.length - one.text.length)[0]
    if (found === undefined) return { known, unknown: LOOKS_LIKE_ID.exec(rest)?.[0] }
    known.push(found.id)
    rest = rest.slice(found.text.length)
  }
}

function spellingsOf(id: string): string[] {
  const unquoted = id.replaceAll('"', '')
  return [...new Set([id, unquoted, unquoted.replaceAll(' ', '-')])]
}

function withoutBetween(text: string): string {
  let rest = text
  for (let found = BETWEEN.exec(rest); found !== null; found = BETWEEN.exec(rest)) rest = rest.slice(found[0].length)
  return rest
}

/** Whether an id stands at the beginning and ends there: 7.1.1 does not begin 7.1.10. */
function beginsWith(text: string, id: string): boolean {
  return text.startsWith(id) && !/^(?:\w|[.-]\w)/.test(text.slice(id.length))
}

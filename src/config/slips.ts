import { editDistance } from '../session/option-check.ts'

/** So short a name has many words within two characters; two that changed places are a slip there too. */
const SHORT = 6

/** Whether a name is most likely another one, misspelt: `flie` is `file`, and `mine` is not. */
export function isSlip(name: string, meant: string): boolean {
  const isShort = meant.length < SHORT && lettersOf(name) !== lettersOf(meant)
  return editDistance(name, meant) <= (isShort ? 1 : 2)
}

/** Whether a URL stands where a name is meant. It may hold a password, which no message must show. */
export function isUrl(name: string): boolean {
  return /^[a-z][\w+.-]*:\/\//i.test(name)
}

function lettersOf(name: string): string {
  return name.toLowerCase().split('').toSorted().join('')
}

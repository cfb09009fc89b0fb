// PostgreSQL keeps no NUL in a text, and no database keeps half a surrogate pair: such a text is kept as JSON, which writes both as escapes, after
// a mark. A text that itself begins with the mark is kept so too.

const MARK = '\u0001'

/** A text as it is stored. */
export function storedText(text: string): string {
  return text.isWellFormed() && !text.includes('\0') && !text.startsWith(MARK) ? text : MARK + JSON.stringify(text)
}

/** The text that was stored; `undefined` when what is there was not. */
export function textOf(stored: unknown): string | undefined {
  if (typeof stored !== 'string') return undefined
  if (!stored.startsWith(MARK)) return stored
  try {
    const text: unknown = JSON.parse(stored.slice(MARK.length))
    return typeof text === 'string' ? text : undefined
  } catch {
    return undefined
  }
}

const GAP = '  '

/** A table for people: a head and rows, in columns as wide as they must be. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows.map((row) => row.map(harmless))]
  const widths = head.map((_, column) => Math.max(...lines.map((line) => lengthOf(line[column] ?? ''))))
  return lines.map((line) => `${lineOf(line, widths)}\n`).join('')
}

/** Facts, one a line, their names in one column. */
export function facts(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${name.padEnd(width)}${GAP}${harmless(value)}\n`).join('')
}

/** A stored text may hold what moves a terminal's cursor, or turns the direction of writing. */
export function harmless(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?')
}

function lineOf(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - lengthOf(cell)))
    .join(GAP)
    .trimEnd()
}

/** How many characters, an emoji counted as one. */
const lengthOf = (text: string): number => Array.from(text).length

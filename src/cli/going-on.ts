/** What a command was given that also counts when it is gone on with; `true` for an option without a value. */
export type Given = Readonly<Record<string, string | number | true | undefined>>

const PLAIN = /^[\w.,:/@%+-]+$/

/** The line that goes on with work that was stopped, as it is typed in a shell: on the same store, and as it was asked for. */
export function goingOn(command: string, given: Given): string {
  const options = Object.entries(given).flatMap(([name, value]) => {
    if (value === undefined) return []
    return value === true ? [`--${name}`] : [`--${name} ${quoted(String(value))}`]
  })
  return ['holdfast', command, ...options].join(' ')
}

function quoted(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

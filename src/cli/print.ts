import { oneLine } from './failure.ts'
import { takeProgressAway } from './progress.ts'

/** Writes to the output, and waits while a slow reader has not taken what it was given. */
export async function print(text: string): Promise<void> {
  if (process.stdout.write(text)) return
  await new Promise((resolve) => process.stdout.once('drain', resolve))
}

/** Writes a line. */
export function printLine(text = ''): Promise<void> {
  return print(`${text}\n`)
}

/** Writes a value as JSON, on one line. */
export function printJson(value: unknown): Promise<void> {
  return printLine(jsonOf(value))
}

/** JSON that moves no terminal. */
export function jsonOf(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[\u007F-\u009F\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** Says something to whoever started the command, beside its output. */
export function say(text: string): void {
  takeProgressAway()
  process.stderr.write(`holdfast: ${oneLine(text)}\n`)
}

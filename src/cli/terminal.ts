import { createInterface } from 'node:readline/promises'
import { EXIT } from './exit-codes.ts'
import { CommandError } from './failure.ts'
import { harmless } from './table.ts'

/** Whether somebody is there to be asked, and to see what is asked. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY
}

/** Asks, on a terminal; elsewhere the answer is what the command was called for: yes. */
export async function confirmed(question: string, { yes = false }: { readonly yes?: boolean | undefined }): Promise<boolean> {
  if (yes || !canAsk()) return true
  return /^y(es)?$/i.test((await ask(`${question} [y/N] `)) ?? '')
}

/**
 * Asks for one of some words; an empty answer is the first.
 * @throws {CommandError} for no answer at all.
 */
export async function choice(question: string, words: readonly string[]): Promise<string> {
  for (;;) {
    const answer = (await ask(`${question} (${words.join(', ')}) [${words[0]}] `))?.toLowerCase()
    if (answer === undefined) throw new CommandError(EXIT.stopped, 'Stopped before there was an answer. Nothing was changed.')
    if (answer === '') return words[0] ?? ''
    if (words.includes(answer)) return answer
  }
}

async function ask(question: string): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    // Ctrl-C and Ctrl-D end the input, and are no answer.
    return await Promise.race([
      lines.question(harmless(question)),
      new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined))),
    ])
  } finally {
    lines.close()
  }
}

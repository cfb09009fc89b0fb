import { createInterface } from 'node:readline/promises'
import { harmless } from './table.ts'

/** Whether somebody is there to be asked, and to see what is asked. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY
}

/** Asks, on a terminal; elsewhere the answer is what the command was called for: yes. */
export async function confirmed(question: string, { yes = false }: { readonly yes?: boolean | undefined }): Promise<boolean> {
  if (yes || !canAsk()) return true
  return /^y(es)?$/i.test(await ask(`${question} [y/N] `))
}

/** Asks for one of some words; an empty answer is the first. */
export async function choice(question: string, words: readonly string[]): Promise<string> {
  for (;;) {
    const answer = (await ask(`${question} (${words.join(', ')}) [${words[0]}] `)).toLowerCase()
    if (answer === '') return words[0] ?? ''
    if (words.includes(answer)) return answer
  }
}

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    // Ctrl-D ends the input, and is no answer.
    return await Promise.race([
      lines.question(harmless(question)),
      new Promise<string>((resolve) => lines.once('close', () => resolve(''))),
    ])
  } finally {
    lines.close()
  }
}

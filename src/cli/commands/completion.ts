import type { Command } from 'commander'
import { bashScript } from '../completion/bash.ts'
import { fishScript } from '../completion/fish.ts'
import { treeOf } from '../completion/tree.ts'
import { zshScript } from '../completion/zsh.ts'
import { EXIT } from '../exit-codes.ts'
import { CommandError } from '../failure.ts'
import { print } from '../print.ts'

const SCRIPTS = new Map([
  ['bash', bashScript],
  ['zsh', zshScript],
  ['fish', fishScript],
])

/** Prints the completion of a shell, made of the commands as they are. */
export async function completion(shell: string, program: Command): Promise<number> {
  const script = SCRIPTS.get(shell)
  if (script === undefined) throw new CommandError(EXIT.usage, 'There is completion for bash, zsh and fish.')
  await print(script(treeOf(program)))
  return EXIT.done
}

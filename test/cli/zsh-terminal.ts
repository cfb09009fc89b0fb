import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { expect } from 'vitest'
import { needs } from '../../scripts/services.ts'
import { newApp } from './command.ts'

/** What stands on the terminal when the tab key was pressed behind a line. */
export interface Completed {
  /** The line, as far as it was completed. */
  readonly line: string
  /** What is on the screen, line by line, with what is listed below the line. */
  readonly screen: readonly string[]
}

// zsh completes only for somebody at a terminal: `zpty` makes one. The line is written to a file by a key of its own, since on the screen only what has
// changed is drawn.
const PROGRAM = `
zmodload zsh/zpty
zpty shell $ZSH_ITSELF -f -i
zpty -w shell "PROMPT=''; stty cols 400 rows 100; LISTMAX=1000; autoload -U compinit; compinit -u -D; source ./_holdfast"
zpty -w shell "written() { print -r -- \\$BUFFER > line.part; mv line.part line }; zle -N written; bindkey '^X' written; echo set''up"
zpty -r shell screen '*setup*'
zpty -w -n shell "$TYPED"$'\\t\\x18'
for try in {1..600}; do
  [[ -e line ]] && break
  sleep 0.05
done
while zpty -r -t shell screen; do print -r -- "$screen"; done
zpty -d shell`

/** Types a line in a real zsh, and presses the tab key. */
export function completedByZsh(script: string, typed: string): Completed {
  const folder = newApp({ _holdfast: script, 'program.zsh': PROGRAM, 'my.config.json': '{}' })
  const zsh = needs.zsh.find() ?? ''
  const env = { ...process.env, ZSH_ITSELF: zsh, TYPED: typed, TERM: 'xterm' }
  const { status, stdout, stderr } = spawnSync(zsh, ['-f', 'program.zsh'], { encoding: 'utf8', cwd: folder, env, timeout: 60_000 })
  expect([status, stderr]).toEqual([0, ''])
  const lines = stripVTControlCharacters(stdout).split(/[\r\n]+/)
  return { line: readFileSync(join(folder, 'line'), 'utf8').trimEnd(), screen: lines.map((line) => line.trimEnd()) }
}

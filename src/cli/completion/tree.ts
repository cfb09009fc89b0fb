import type { Command, Option } from 'commander'

/** An option as a shell completes it. */
export interface OptionWords {
  readonly flags: readonly string[]
  readonly description: string
  readonly takesValue: boolean
  /** The values that it takes, where they are known. */
  readonly values: readonly string[]
  /** True where the value is a file. */
  readonly isFile: boolean
}

/** A command as a shell completes it. */
export interface CommandWords {
  readonly name: string
  readonly description: string
  readonly options: readonly OptionWords[]
  readonly commands: readonly CommandWords[]
  /** What may stand as its argument. */
  readonly words: readonly string[]
}

const SHELLS = ['bash', 'zsh', 'fish']

/** The words of a command and of all below it. */
export function treeOf(command: Command): CommandWords {
  const help = command.createHelp()
  const commands = help.visibleCommands(command)
  const names = commands.map((one) => one.name())
  const ofHelp = command.name() === 'completion' ? SHELLS : []
  return {
    name: command.name(),
    description: command.description(),
    options: help.visibleOptions(command).map(wordsOf),
    commands: commands.map((one) => {
      const words = treeOf(one)
      return one.name() === 'help' ? { ...words, words: names.filter((name) => name !== 'help') } : words
    }),
    words: ofHelp,
  }
}

/** Every command with the words that lead to it, the parents first. */
export function pathsOf(tree: CommandWords, path: readonly string[] = []): (readonly [readonly string[], CommandWords])[] {
  return [[path, tree], ...tree.commands.flatMap((one) => pathsOf(one, [...path, one.name]))]
}

function wordsOf({ short, long, description, required, optional, argChoices }: Option): OptionWords {
  return {
    flags: [short, long].filter((flag) => flag !== undefined),
    description,
    takesValue: required || optional,
    values: argChoices ?? [],
    isFile: long === '--config',
  }
}

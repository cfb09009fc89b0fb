import { type CommandWords, pathsOf } from './tree.ts'

/** Completion for fish: `holdfast completion fish > ~/.config/fish/completions/holdfast.fish`. It calls nothing. */
export function fishScript(tree: CommandWords): string {
  const lines = pathsOf(tree).flatMap(([path, { options, commands, words }]) => {
    const condition = conditionOf(path, commands)
    return [
      ...commands.map(({ name, description }) => `${condition} -a ${name} -d ${quoted(description)}`),
      ...words.map((word) => `${condition} -a ${word}`),
      ...options.map(({ flags, description, takesValue, values, isFile }) => {
        const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)).join(' ')
        const value = takesValue ? (isFile ? ' -r -F' : ` -x${values.length > 0 ? ` -a ${quoted(values.join(' '))}` : ''}`) : ''
        return `${optionCondition(path)} ${names}${value} -d ${quoted(description)}`
      }),
    ]
  })
  return `# fish completion of holdfast\ncomplete -c holdfast -f\n${lines.join('\n')}\n`
}

/** Where a word of this command may stand. */
function conditionOf(path: readonly string[], below: readonly CommandWords[]): string {
  if (path.length === 0) return 'complete -c holdfast -n __fish_use_subcommand'
  const unless = below.length > 0 ? `; and not __fish_seen_subcommand_from ${below.map(({ name }) => name).join(' ')}` : ''
  return `complete -c holdfast -n ${quoted(seen(path) + unless)}`
}

function optionCondition(path: readonly string[]): string {
  return path.length === 0 ? 'complete -c holdfast' : `complete -c holdfast -n ${quoted(seen(path))}`
}

const seen = (path: readonly string[]): string => path.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ')
const quoted = (text: string): string => `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`

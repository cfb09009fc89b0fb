import { type CommandWords, type OptionWords, pathsOf } from './tree.ts'

/** Completion for zsh: `holdfast completion zsh > "${fpath[1]}/_holdfast"`. It calls nothing. */
export function zshScript(tree: CommandWords): string {
  return `#compdef holdfast
${pathsOf(tree)
  .toReversed()
  .map(([path, words]) => functionOf(path, words))
  .join('\n')}
if [ "$funcstack[1]" = "_holdfast" ]; then
  _holdfast "$@"
else
  compdef _holdfast holdfast
fi
`
}

/** Words that nobody can guess. Without the empty list zsh would only say so, and put no option in, not even when it is the only one. */
const NOTHING = "'*:what:()'"

function functionOf(path: readonly string[], { options, commands, words }: CommandWords): string {
  const name = nameOf(path)
  const specs = options.flatMap(optionSpecs)
  if (commands.length === 0) {
    const rest = words.length > 0 ? [`'1:what:(${words.join(' ')})'`] : [NOTHING]
    return `${name}() {\n  _arguments -s ${[...specs, ...rest].join(' \\\n    ')}\n}`
  }
  const described = commands.map((one) => quoted(`${one.name}:${one.description}`))
  return `${name}() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -C -s ${[...specs, "'1: :->command'", "'*:: :->rest'"].join(' \\\n    ')}
  case $state in
    command)
      local -a commands=(${described.join(' ')})
      _describe command commands ;;
    rest)
      case $line[1] in
${commands.map((one) => `        ${one.name}) ${nameOf([...path, one.name])} ;;`).join('\n')}
      esac ;;
  esac
}`
}

function optionSpecs({ flags, description, takesValue, values, isFile }: OptionWords): string[] {
  const value = takesValue ? (isFile ? ':file:_files' : `:value:(${values.join(' ')})`) : ''
  return flags.map((flag) => quoted(`${flag}[${description.replaceAll(/[[\]:]/g, '\\$&')}]${value}`))
}

const nameOf = (path: readonly string[]): string => ['_holdfast', ...path].join('_')
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`

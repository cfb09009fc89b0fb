import { type CommandWords, pathsOf } from './tree.ts'

/** Completion for bash: `holdfast completion bash > /etc/bash_completion.d/holdfast`. It calls nothing. */
export function bashScript(tree: CommandWords): string {
  const paths = pathsOf(tree)
  const values = new Map<string, string>()
  for (const [, { options }] of paths) {
    for (const { flags, takesValue, values: known, isFile } of options) {
      if (!takesValue) continue
      const reply = isFile ? 'COMPREPLY=($(compgen -f -- "$word"))' : `COMPREPLY=($(compgen -W '${known.join(' ')}' -- "$word"))`
      values.set(flags.join('|'), reply)
    }
  }
  const valueCases = [...values].map(([flags, reply]) => `    ${flags}) ${reply}; return ;;`)
  const takers = [...values.keys()].join('|')
  const commands = paths.slice(1).map(([path]) => `      '${path.join(' ')}')`)
  const wordCases = paths.map(([path, { options, commands: below, words }]) => {
    const all = [...below.map(({ name }) => name), ...words, ...options.flatMap(({ flags }) => flags)]
    return `    '${path.join(' ')}') words='${all.join(' ')}' ;;`
  })
  return `# bash completion of holdfast
_holdfast() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" path='' next='' words='' skip='' at
  case "$before" in
${valueCases.join('\n')}
  esac
  for ((at = 1; at < COMP_CWORD; at++)); do
    next="\${COMP_WORDS[at]}"
    if [[ -n $skip ]]; then skip=''; continue; fi
    case "$next" in
      ${takers}) skip=1; continue ;;
      -*) continue ;;
    esac
    case "\${path:+$path }$next" in
${commands.map((line) => `${line} path="\${path:+$path }$next" ;;`).join('\n')}
    esac
  done
  case "$path" in
${wordCases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _holdfast holdfast
`
}

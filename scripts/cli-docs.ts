// Each command's page, docs/cli/NAME.md, has what commander knows of it between <!-- cli:NAME --> and <!-- /cli -->.
// Without --write: says which pages are missing, are of no command, or are not what they should be.
import type { Command } from 'commander'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeProgram } from '../src/cli/program.ts'
import { type CheckResult, filesUnder, readText, runCheck } from './support/check.ts'

const FOLDER = 'docs/cli'
const PLACE = /(<!-- cli:([\w ]+) -->\n)([\s\S]*?)(<!-- \/cli -->)/g

export function cliDocs(root: string, options: { readonly write?: boolean } = {}): CheckResult {
  const program = makeProgram(() => undefined)
  const commands = program.createHelp().visibleCommands(program)
  const problems: string[] = []
  for (const command of commands) {
    const page = `${FOLDER}/${command.name()}.md`
    if (!existsSync(join(root, page))) {
      problems.push(
        `${page} is missing: write it, with ${command.commands.length > 0 ? 'a place for each command below it' : placeOf(command.name())} in it`,
      )
      continue
    }
    const wanted = new Map(wholeTree(command, []).map(([name, one]) => [name, factsOf(name, one)]))
    const text = readText(root, page)
    const made = text.replaceAll(PLACE, (whole: string, start: string, name: string, now: string, end: string) => {
      const facts = wanted.get(name)
      wanted.delete(name)
      if (facts === undefined) problems.push(`${page} has a place for '${name}', which is no command`)
      else if (options.write !== true && facts !== now)
        problems.push(`${page}: what it says of ${name} is not what the command is: node scripts/cli-docs.ts --write`)
      return facts === undefined ? whole : start + facts + end
    })
    for (const name of wanted.keys()) problems.push(`${page} lacks ${placeOf(name)}`)
    if (options.write === true && made !== text) writeFileSync(join(root, page), made)
  }
  const names = new Set(commands.map((command) => `${FOLDER}/${command.name()}.md`))
  for (const page of filesUnder(root, FOLDER)) if (!names.has(page)) problems.push(`${page} is the page of no command`)
  return { summary: `${commands.length} commands have their pages`, problems }
}

const placeOf = (name: string): string => `<!-- cli:${name} --><!-- /cli -->, on two lines`

/** A command, or the commands below it, by their names with those before them. */
function wholeTree(command: Command, before: readonly string[]): (readonly [string, Command])[] {
  const path = [...before, command.name()]
  if (command.commands.length === 0) return [[path.join(' '), command]]
  return command.commands.flatMap((one) => wholeTree(one, path))
}

function factsOf(name: string, command: Command): string {
  const help = command.createHelp()
  const rows = [
    ...help.visibleArguments(command).map((argument) => [help.argumentTerm(argument), argument.description, '']),
    ...help.visibleOptions(command).map((option) => {
      const choices = option.argChoices === undefined ? '' : `: ${option.argChoices.join(', ')}`
      return [option.flags, option.description + choices, option.defaultValue === undefined ? '' : String(option.defaultValue)]
    }),
  ]
  const table = [['', 'What', 'Default'], ['---', '---', '---'], ...rows.map(([term, what, value]) => [`\`${term}\``, what, value])]
  const lines = table.map((cells) =>
    `| ${cells.map((cell) => (cell ?? '').replaceAll('|', '\\|')).join(' | ')} |`.replaceAll(/ +\|/g, ' |'),
  )
  const shown = rows.length === 0 ? '' : `${lines.join('\n')}\n\n`
  return `\n${command.description()}\n\n\`\`\`text\nholdfast ${name} ${command.usage()}\n\`\`\`\n\n${shown}`
}

if (import.meta.main) await runCheck('cli', (root) => cliDocs(root, { write: process.argv.includes('--write') }))

#!/usr/bin/env node
import { Console } from 'node:console'
import type { Command } from 'commander'
import { EXIT } from './exit-codes.ts'
import { CommandError, failureOf, isCommanderError } from './failure.ts'
import { makeProgram } from './program.ts'
import { jsonOf, say } from './print.ts'
import { takeProgressAway } from './progress.ts'
import { keepHeapSmall } from './small-heap.ts'
import { hearWarnings } from './warnings.ts'

/** Runs the command; answers with its exit code. */
async function run(args: readonly string[]): Promise<number> {
  hearWarnings({ saying: args[0] !== 'doctor' })
  let exitCode: number = EXIT.done
  const program = makeProgram((code) => (exitCode = code))
  try {
    if (args.length === 0) program.outputHelp()
    else await program.parseAsync(wordsOf(args, program), { from: 'user' })
    return exitCode
  } catch (error) {
    // Help is thrown as well: one that was asked for, and one that stands in for a command that was left out.
    if (isCommanderError(error) && error.exitCode === 0) return EXIT.done
    if (isCommanderError(error) && error.code === 'commander.help') return EXIT.usage
    return told(error, args)
  }
}

/**
 * What `help` is asked for, as an option of that command: commander's own knows none below another, and answers a name that is none with everything. Such a
 * name is left to the command above it, which says that it is unknown, and what is near.
 */
function wordsOf(args: readonly string[], program: Command): readonly string[] {
  const [first, ...asked] = args
  if (first !== 'help') return args
  let command = program
  const names: string[] = []
  for (const name of asked.filter((word) => word !== 'help' && !word.startsWith('-'))) {
    if (command.commands.length === 0) break
    names.push(name)
    const named = command.commands.find((one) => one.name() === name)
    if (named === undefined) return names
    command = named
  }
  return [...names, '--help']
}

/** Says what failed; answers with the exit code. */
function told(error: unknown, args: readonly string[]): number {
  const { message, code, exitCode } = failureOf(error)
  takeProgressAway()
  if (args.includes('--json')) process.stderr.write(`${jsonOf({ error: { code, message } })}\n`)
  else say(message)
  return exitCode
}

/** Waits until all that was written is on its way. */
function flushed(stream: NodeJS.WriteStream): Promise<unknown> {
  return new Promise((resolve) => stream.write('', resolve))
}

keepHeapSmall()
const args = process.argv.slice(2)
// What the configuration says while it runs, as dotenv does of its file, stands beside the output, which may be read as JSON.
globalThis.console = new Console(process.stderr)
// A client that the configuration made may fail with nobody there to hear of it.
process.on('uncaughtException', (error) => process.exit(told(error, args)))
process.once('beforeExit', () => {
  process.exit(told(new CommandError(EXIT.usage, 'It waits for what never comes, such as a promise of the configuration.'), args))
})
// What cannot be said stops no work.
process.stderr.on('error', () => undefined)
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Who reads on has had enough, as `head` has.
  if (error.code === 'EPIPE') process.exit(EXIT.done)
  const why = `The output could not be written (${error.code ?? error.message}). What was asked for may be done all the same.`
  process.exit(told(new CommandError(EXIT.no, why), args))
})
const code = await run(args)
await Promise.all([flushed(process.stdout), flushed(process.stderr)])
// A client that the configuration handed in stays connected, and would keep the process here.
process.exit(code)

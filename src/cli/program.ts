import { readFileSync } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'

/** 2^31 - 1 milliseconds. */
const LONGEST_SECONDS = 2_147_483

/** Gets the exit code of the command that ran. */
export type Finish = (exitCode: number) => void

const FOOTER = `
Exit codes: 0 done; 1 the answer is no; 2 called wrongly, or a wrong configuration; 3 the store failed; 130 stopped, and can be gone on with.`

/**
 * All commands with their options. Each loads what it needs when it runs: the tree itself knows no driver, and no client of one.
 *
 * @param finish Gets the exit code of the command that ran.
 */
export function makeProgram(finish: Finish): Command {
  const program = new Command('holdfast')
    .description('Looks after the sessions of an application, as its configuration says where they are.')
    .helpCommand('help [command]', 'Shows how the command, or one of its commands, is called.')
    .addHelpText('after', FOOTER)
    .version(version(), '-V, --version', 'show its version')
    .helpOption('-h, --help', 'show how it is called')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
  addPublish(program, finish)
  addMigrate(program, finish)
  addGc(program, finish)
  addList(program, finish)
  addShow(program, finish)
  addRevoke(program, finish)
  addStats(program, finish)
  addKeys(program, finish)
  addDoctor(program, finish)
  addCompletion(program, finish)
  return program
}

/** That of the package, whose description lies as far above what was compiled as above the sources. */
function version(): string {
  const { version: text }: { version: string } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return text
}

function addPublish(program: Command, finish: Finish): void {
  withJson(program.command('publish'))
    .description('Publish the session configuration file to the project config directory.')
    .addOption(new Option('--format <format>', 'the format; asked for on a terminal, else ts').choices(['ts', 'json', 'mlc']))
    .option('--force', 'write over a file that is there')
    .action(async (options) => finish(await (await import('./commands/publish.ts')).publish(options)))
}

function addMigrate(program: Command, finish: Finish): void {
  withStore(program.command('migrate'))
    .description('Make the table of sessions, or add what it lacks. Nothing is removed; a second run finds nothing to do.')
    .option('--print', 'print the SQL, and connect to nothing')
    .addOption(
      new Option('--dialect <dialect>', 'with --print: which database, where the configuration does not say').choices([
        'postgres',
        'mariadb',
        'mysql',
        'sqlite',
      ]),
    )
    .action(async (options) => finish(await (await import('./commands/migrate.ts')).migrate(options)))
}

function addGc(program: Command, finish: Finish): void {
  withStore(program.command('gc'))
    .description('Remove what has expired.')
    .option('--dry-run', 'only count it')
    .action(async (options) => finish(await (await import('./commands/gc.ts')).gc(options)))
}

function addList(program: Command, finish: Finish): void {
  withStore(program.command('list'))
    .description('List live sessions. Nothing that is shown opens one.')
    .option('--user <id>', 'only the sessions of this user', userId)
    .option('--limit <count>', 'how many, at most; 0 for all', wholeNumber, 100)
    .option('--cursor <cursor>', 'where the list before ended')
    .option('--addresses', 'show whole addresses, and not only their networks')
    .action(async (options) => finish(await (await import('./commands/list.ts')).list(options)))
}

function addShow(program: Command, finish: Finish): void {
  withStore(program.command('show'))
    .description('Show what is known of one session. Its data is not shown, only how much there is and under which key it is sealed.')
    .argument('<name>', 'its key or its handle, as list shows them')
    .option('--user <id>', 'whose it is: a handle is then found sooner', userId)
    .option('--addresses', 'show the whole address')
    .action(async (name: string, options) => finish(await (await import('./commands/show.ts')).show(name, options)))
}

function addRevoke(program: Command, finish: Finish): void {
  withStore(program.command('revoke'))
    .description('End sessions, whoever holds them: one, those of a user, or all.')
    .argument('[name]', 'the key or the handle of one, as list shows them')
    .option('--user <id>', 'all sessions of this user; with a name: whose it is', userId)
    .option('--all', "everybody's")
    .option('--before <instant>', 'with --all: only sessions that began before it; how a run that was stopped is gone on with')
    .option('--dry-run', 'only count them')
    .option('-y, --yes', 'do not ask')
    .action(async (name: string | undefined, options) => finish(await (await import('./commands/revoke.ts')).revoke(name, options)))
}

function addStats(program: Command, finish: Finish): void {
  withStore(program.command('stats'))
    .description('Count what is in the store: sessions, sizes, ages, keys in use, and who holds a lock.')
    .option('--cursor <cursor>', 'where a count that was stopped ended')
    .action(async (options) => finish(await (await import('./commands/stats.ts')).stats(options)))
}

function addKeys(program: Command, finish: Finish): void {
  const keys = program.command('keys').description('The keys that sessions are sealed under.').helpCommand(false)
  withJson(keys.command('generate'))
    .description('Make a key, and print it this once.')
    .addOption(new Option('--encoding <encoding>', 'how it is written').choices(['base64', 'hex']).default('base64'))
    .action(async (options) => finish(await (await import('./commands/keys.ts')).generate(options)))
  withStore(keys.command('list'))
    .description('List the keys of the configuration by their names. No key is shown.')
    .action(async (options) => finish(await (await import('./commands/keys.ts')).listKeys(options)))
  withStore(keys.command('status'))
    .description('Count sessions by the keys that they need: one that none needs may be retired.')
    .action(async (options) => finish(await (await import('./commands/keys.ts')).keysStatus(options)))
  withStore(keys.command('reseal'))
    .description('Seal stored sessions under the key that seals now. Nobody is logged out by it, and it may be stopped at any time.')
    .option('--rate <count>', 'sessions a second, at most', wholeNumber, 1000)
    .option('--cursor <cursor>', 'where a run that was stopped ended')
    .action(async (options) => finish(await (await import('./commands/reseal.ts')).resealAll(options)))
}

function addDoctor(program: Command, finish: Finish): void {
  withStore(program.command('doctor'))
    .description('Look at configuration and store, and say what is wrong and what to do. Exit code 1 when there is a fault.')
    .option('--strict', 'exit with 1 for warnings as well')
    .option('--sample <count>', 'how many records are looked at; 0 for all', wholeNumber, 10_000)
    .option('--lock-seconds <count>', 'how long a request may hold a lock before it is reported', seconds, 5)
    .action(async (options) => finish(await (await import('./commands/doctor.ts')).doctor(options)))
}

function addCompletion(program: Command, finish: Finish): void {
  program
    .command('completion')
    .description('Print what makes a shell complete this command.')
    .argument('<shell>', 'bash, zsh or fish')
    .action(async (shell: string) => finish(await (await import('./commands/completion.ts')).completion(shell, program)))
}

function withStore(command: Command): Command {
  return withJson(command.option('-c, --config <file>', 'the configuration file; else the one that is found'))
}

function withJson(command: Command): Command {
  return command.option('--json', 'print JSON')
}

/** An empty one is a variable of a script that was not set. */
function userId(text: string): string {
  if (text === '') throw new InvalidArgumentError('It takes the id of a user.')
  return text
}

/** A timer counts no more, and goes off at once. */
function seconds(text: string): number {
  const number = wholeNumber(text)
  if (number > LONGEST_SECONDS) throw new InvalidArgumentError(`It takes a whole number up to ${LONGEST_SECONDS}.`)
  return number
}

function wholeNumber(text: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(number)) throw new InvalidArgumentError('It takes a whole number.')
  return number
}

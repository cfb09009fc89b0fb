// Runs at the start of `npm test`: makes sure of what the tests need from outside npm.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

/** Debian keeps each version's programs out of the way of the others'. */
const DEBIAN_POSTGRES = '/usr/lib/postgresql/15/bin'

/** Debian asks this program whether a package may start its service. */
const POLICY = '/usr/sbin/policy-rc.d'

interface Need {
  /** Where it is, or `undefined` when it is missing. */
  readonly find: () => string | undefined
  readonly debianPackage: string
  /** The environment variable that names another one. */
  readonly variable: string
}

export const needs = {
  chromium: { find: findChromium, debianPackage: 'chromium', variable: 'CHROMIUM' },
  // The program: what is tested with it is also killed, stopped, and put together to clusters.
  'redis-server': { find: findRedisServer, debianPackage: 'redis-server', variable: 'REDIS_SERVER' },
  // Any server: the one that is named, else one that the tests start.
  redis: { find: () => named('HOLDFAST_TEST_REDIS') ?? findRedisServer(), debianPackage: 'redis-server', variable: 'HOLDFAST_TEST_REDIS' },
  // The same two of each database. The variable names the folder of its programs.
  'postgres-server': { find: findInitdb, debianPackage: 'postgresql-15', variable: 'POSTGRES_BIN' },
  postgres: {
    find: () => named('HOLDFAST_TEST_POSTGRES') ?? findInitdb(),
    debianPackage: 'postgresql-15',
    variable: 'HOLDFAST_TEST_POSTGRES',
  },
  'mariadb-server': { find: findMariaDb, debianPackage: 'mariadb-server', variable: 'MARIADBD' },
  mariadb: {
    find: () => named('HOLDFAST_TEST_MARIADB') ?? findMariaDb(),
    debianPackage: 'mariadb-server',
    variable: 'HOLDFAST_TEST_MARIADB',
  },
  // For the completion of the command.
  zsh: { find: () => findProgram('ZSH_PROGRAM', ['zsh']), debianPackage: 'zsh', variable: 'ZSH_PROGRAM' },
  fish: { find: () => findProgram('FISH_PROGRAM', ['fish']), debianPackage: 'fish', variable: 'FISH_PROGRAM' },
  pgbouncer: { find: () => findProgram('PGBOUNCER', ['pgbouncer']), debianPackage: 'pgbouncer', variable: 'PGBOUNCER' },
} as const satisfies Record<string, Need>

export type NeedName = keyof typeof needs

/** What to tell someone who lacks it. */
export function howToGet(name: NeedName): string {
  const { debianPackage, variable } = needs[name]
  return `apt-get install --no-install-recommends ${debianPackage} (or set ${variable})`
}

function findChromium(): string | undefined {
  return findProgram('CHROMIUM', ['chromium', 'chromium-browser', 'google-chrome'])
}

function findRedisServer(): string | undefined {
  return findProgram('REDIS_SERVER', ['redis-server'])
}

/** One of the programs of PostgreSQL, all of which lie in one folder: the variable names that. */
function findInitdb(): string | undefined {
  const folder = named('POSTGRES_BIN')
  if (folder === undefined) return findIn([DEBIAN_POSTGRES, ...searched()], ['initdb'])
  return findIn([folder], ['initdb'])
}

function findMariaDb(): string | undefined {
  return findProgram('MARIADBD', ['mariadbd'])
}

/** What makes the data of a MariaDB server: it comes with the server, and lies where that lies or where programs are searched. */
export function findMariaDbInstaller(): string | undefined {
  const own = named('MARIADBD')
  const folders = own === undefined ? [] : ['.', '../bin', '../scripts'].map((folder) => join(dirname(own), folder))
  return findIn([...folders, ...searched()], ['mariadb-install-db'])
}

function findProgram(variable: string, names: readonly string[]): string | undefined {
  const path = named(variable)
  if (path !== undefined) return isExecutable(path) ? path : undefined
  return findIn(searched(), names)
}

function findIn(folders: readonly string[], names: readonly string[]): string | undefined {
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable)
}

/** On Debian servers lie where an ordinary user's PATH does not look. */
function searched(): string[] {
  return [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin']
}

function named(variable: string): string | undefined {
  const value = process.env[variable]
  return value === '' ? undefined : value
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function isNeed(name: string): name is NeedName {
  return name in needs
}

function apt(...args: string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return spawnSync('apt-get', ['-qq', ...args], { env, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
}

/** Installs without starting what the packages would start: the tests run servers of their own, on free ports and with their own data. */
function install(debianPackages: readonly string[]): void {
  const isOurs = !existsSync(POLICY)
  // Forbids only while this process lives, so that nothing is forbidden should it be killed and the file stay.
  if (isOurs) writeFileSync(POLICY, `#!/bin/sh\nkill -0 ${process.pid} 2> /dev/null && exit 101\nexit 0\n`, { mode: 0o755 })
  try {
    apt('install', '-y', '--no-install-recommends', ...debianPackages)
  } finally {
    if (isOurs) rmSync(POLICY)
  }
}

/** Installs what is missing where that is possible, and names what stays missing. */
function ensure(): NeedName[] {
  const missing = Object.keys(needs)
    .filter((name) => isNeed(name))
    .filter((name) => needs[name].find() === undefined)
  const canInstall = process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0
  if (missing.length === 0 || !canInstall) return missing
  const debianPackages = [...new Set(missing.map((name) => needs[name].debianPackage))]
  console.log(`Installing ${debianPackages.join(', ')} for the tests (apt-get) ...`)
  if (apt('update')) install(debianPackages)
  return missing.filter((name) => needs[name].find() === undefined)
}

// Elsewhere than in CI a missing thing skips its tests, and the reporter's closing lines say which.
if (import.meta.main) {
  const missing = ensure()
  if (process.env['CI'] && missing.length > 0) {
    console.error(`CI skips no test, and these are missing: ${missing.map((name) => `${name}: ${howToGet(name)}`).join('; ')}`)
    process.exitCode = 1
  }
}

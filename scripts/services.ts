// Runs at the start of `npm test`: makes sure of what the tests need from outside npm.
import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

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

function findProgram(variable: string, names: readonly string[]): string | undefined {
  const path = named(variable)
  if (path !== undefined) return isExecutable(path) ? path : undefined
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable)
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

/** Installs what is missing where that is possible, and names what stays missing. */
function ensure(): NeedName[] {
  const missing = Object.keys(needs)
    .filter((name) => isNeed(name))
    .filter((name) => needs[name].find() === undefined)
  const canInstall = process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0
  if (missing.length === 0 || !canInstall) return missing
  const debianPackages = [...new Set(missing.map((name) => needs[name].debianPackage))]
  console.log(`Installing ${debianPackages.join(', ')} for the tests (apt-get) ...`)
  if (apt('update')) apt('install', '-y', '--no-install-recommends', ...debianPackages)
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

import { lstat, readFile, stat } from 'node:fs/promises'
import { basename, extname, join, relative, resolve, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { SessionError, isSessionError } from '../session/errors.ts'
import { isObject } from '../session/plain.ts'
import type { Environment } from './environment.ts'
import { parseJsonConfig } from './json.ts'
import { parseMlc } from './mlc.ts'

const PROGRAMS = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs']
const EXTENSIONS = [...PROGRAMS, '.json', '.mlc']
/** Where a configuration may be, in the application's folder. */
const PLACES = ['session.config', join('config', 'session')].flatMap((place) => EXTENSIONS.map((extension) => place + extension))
const LARGEST_BYTES = 65_536

/** What a configuration file says, before it is checked. */
export interface FileContent {
  /** As an absolute path. */
  readonly file: string
  /** For messages: relative to the application's folder. */
  readonly name: string
  readonly content: unknown
}

/**
 * Reads the configuration file of an application's folder; `undefined` where it has none.
 * @param wanted The file that is meant, relative to the folder; then no other is looked for, and it must be there.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for a file that cannot be read, and for two of which each could be meant.
 */
export async function readConfigFile(cwd: string, wanted: string | undefined, env: Environment): Promise<FileContent | undefined> {
  const file = wanted === undefined ? await findFile(cwd) : resolve(cwd, wanted)
  if (file === undefined) return undefined
  const name = nameOf(cwd, file)
  if (wanted !== undefined && !(await isFile(cwd, file))) throw SessionError.config('file', `there is no file ${name}.`)
  return { file, name, content: await contentOf(cwd, file, name, env) }
}

/** A path that begins in a folder, as an absolute one. */
export function inFolder(cwd: string, path: string): string {
  return resolve(cwd, path)
}

/** A path as messages show it: what lies outside of the folder by its name alone. */
function nameOf(cwd: string, file: string): string {
  const name = relative(cwd, file)
  return name.startsWith('..') ? basename(file) : name.replaceAll(sep, '/')
}

/**
 * All configuration files that a folder has, as absolute paths.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for one that is there and cannot be read.
 */
export async function configFilesIn(cwd: string): Promise<string[]> {
  const found: string[] = []
  for (const place of PLACES) if (await isFile(cwd, join(cwd, place))) found.push(join(cwd, place))
  return found
}

async function findFile(cwd: string): Promise<string | undefined> {
  const [first, second] = await configFilesIn(cwd)
  if (first !== undefined && second !== undefined) {
    throw SessionError.config(
      'file',
      `there are ${nameOf(cwd, first)} and ${nameOf(cwd, second)}. Keep one, or name the one that is meant.`,
    )
  }
  return first
}

/**
 * Whether a configuration file is there.
 * @throws {SessionError} `ERR_SESSION_CONFIG` where that cannot be told, a link leads nowhere, or a folder has the name, as container engines make one of a file that they
 * were to mount and did not find: to go on without it could leave out that sessions are to be sealed.
 */
async function isFile(cwd: string, path: string): Promise<boolean> {
  const name = nameOf(cwd, path)
  const found = await stat(path).catch(async (cause: unknown) => {
    if (isMissing(cause) && !(await isLink(path))) return undefined
    const message = `Option 'file': ${name} cannot be read. Correct what it leads to, or remove it.`
    throw new SessionError('ERR_SESSION_CONFIG', message, { cause })
  })
  if (found?.isDirectory() === true) throw SessionError.config('file', `${name} is a folder. Remove it, or put the file there.`)
  return found?.isFile() === true
}

function isMissing(error: unknown): boolean {
  return isObject(error) && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}

async function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isSymbolicLink(),
    () => false,
  )
}

async function contentOf(cwd: string, file: string, name: string, env: Environment): Promise<unknown> {
  const extension = extname(file)
  if (extension === '.php') {
    throw SessionError.config(
      'file',
      `${name} is a PHP program, which is not run. Say what it says in session.config.ts: docs/configuration.md maps each key.`,
    )
  }
  if (PROGRAMS.includes(extension)) return exportOf(file, name)
  if (!EXTENSIONS.includes(extension)) {
    throw SessionError.config('file', `${name} must end in one of ${EXTENSIONS.join(', ')}.`)
  }
  const text = await textOf(file, name)
  if (extension === '.json') return parseJsonConfig(text, name)
  return parseMlc(text, { name, env, basePath: (path) => resolve(cwd, path) })
}

async function textOf(file: string, name: string): Promise<string> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new SessionError('ERR_SESSION_CONFIG', `Option 'file': ${name} cannot be read.`, { cause })
  })
  if (bytes.length > LARGEST_BYTES)
    throw SessionError.config('file', `${name} has ${bytes.length} bytes; at most ${LARGEST_BYTES} are read.`)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw SessionError.config('file', `${name} is not UTF-8.`)
  }
}

/** A program's default export, or what its promise gives. */
async function exportOf(file: string, name: string): Promise<unknown> {
  let given: unknown
  try {
    const module: unknown = await import(/* @vite-ignore */ /* webpackIgnore: true */ pathToFileURL(file).href)
    given = await defaultOf(module)
  } catch (cause) {
    if (isSessionError(cause)) throw cause
    const code: unknown = isObject(cause) ? Reflect.get(cause, 'code') : undefined
    const why =
      code === 'ERR_UNKNOWN_FILE_EXTENSION'
        ? 'this Node runs no TypeScript: update it to 22.18 or later, or name the file .mjs.'
        : wordsOf(cause) + cureOf(cause, name)
    throw new SessionError('ERR_SESSION_CONFIG', `Option 'file': ${name} cannot be run: ${why}`, { cause })
  }
  if (!isObject(given))
    throw SessionError.config(
      'file',
      `${name} must have a default export that is an object, or a promise of one: export default defineSessionConfig({ ... })`,
    )
  return given
}

/** Of a program that was compiled to CommonJS, all that it exports is the default export. */
function defaultOf(module: unknown): unknown {
  if (!isObject(module) || !('default' in module)) return undefined
  const { default: given } = module
  return '__esModule' in module && isObject(given) && 'default' in given ? given.default : given
}

/** What to do where Node took a module for CommonJS, as package.json says of `.ts` and `.js` files that `npm init` has made. */
function cureOf(error: unknown, name: string): string {
  if (!/^(?:Cannot use import statement outside a module|Unexpected token 'export')$/.test(wordsOf(error)) || !/[^cm][jt]s$/.test(name))
    return ''
  return `. For package.json it is CommonJS: name it ${name.replace(/(?=[jt]s$)/, 'm')}, or write "type": "module" there.`
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

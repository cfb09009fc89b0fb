import { SessionError, isSessionError } from '../session/errors.ts'
import { isObject } from '../session/plain.ts'

/** A client that was made for a driver, and how it is ended. */
export interface OwnClient {
  readonly client: unknown
  readonly end: () => Promise<void>
}

/** How a package's client is made of a URL. */
export interface Library {
  /** As it is imported. */
  readonly name: string
  readonly connect: (module: object, url: string) => OwnClient | Promise<OwnClient>
}

/**
 * Connects to a URL with the first of some packages that is installed. None of the others is loaded.
 * @param wanted The one that the configuration names; then no other is tried.
 * @throws {SessionError} `ERR_SESSION_CONFIG` when there is none: the message has the command that installs it.
 */
export async function connectedBy(libraries: readonly Library[], url: string, option: string, wanted: unknown): Promise<OwnClient> {
  const tried = libraries.filter(({ name }) => wanted === undefined || packageOf(name) === wanted)
  const [first] = tried
  if (first === undefined) {
    const names = libraries.map(({ name }) => packageOf(name)).join(', ')
    throw SessionError.config(`${option}.library`, `does not fit the URL, which can be connected to by ${names}.`)
  }
  for (const library of tried) {
    const module = await imported(library.name, option)
    if (module !== undefined) return opened(library, module, url, option)
  }
  const installable = tried.find(({ name }) => !name.includes(':'))
  if (installable === undefined) throw SessionError.config(option, `needs ${first.name}, which this runtime does not have.`)
  const name = packageOf(installable.name)
  throw SessionError.config(option, `needs the package ${name}, which is not installed: npm install ${name}`)
}

/** What makes a URL unreadable most often. */
export const ENCODED = 'In a user name or password write / ? # @ and % as %2F %3F %23 %40 and %25.'

/** `mysql2/promise` is of the package `mysql2`. */
function packageOf(name: string): string {
  return name.split('/')[0] ?? name
}

/** A module, or `undefined` when it is not installed. No bundler sees its name: it is looked for when it is chosen. */
async function imported(name: string, option: string): Promise<object | undefined> {
  try {
    const module: unknown = await import(/* @vite-ignore */ /* webpackIgnore: true */ name)
    return isObject(module) ? module : undefined
  } catch (cause) {
    if (isMissing(cause, packageOf(name))) return undefined
    throw new SessionError('ERR_SESSION_CONFIG', `Option '${option}': the package ${packageOf(name)} is there and could not be loaded.`, {
      cause,
    })
  }
}

const MISSING = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'ERR_UNKNOWN_BUILTIN_MODULE', 'ERR_UNSUPPORTED_ESM_URL_SCHEME']

/** Whether it is the package itself that is missing, and not what it needs. */
function isMissing(error: unknown, name: string): boolean {
  if (!isObject(error)) return false
  const [code, message]: unknown[] = [Reflect.get(error, 'code'), Reflect.get(error, 'message')]
  // Not `pg-pool`, which `pg` needs.
  const isNamed = typeof message === 'string' && new RegExp(`(?:['"]|: )${name}(?![\\w-])`).test(message)
  return name.includes(':') ? MISSING.includes(String(code)) : isNamed && MISSING.includes(String(code))
}

async function opened({ name, connect }: Library, module: object, url: string, option: string): Promise<OwnClient> {
  try {
    return await connect(module, url)
  } catch (error) {
    if (isSessionError(error)) throw error
    // What a library says may have the URL in it, and that a password.
    const code: unknown = isObject(error) ? Reflect.get(error, 'code') : undefined
    const why = typeof code === 'string' ? ` (${code})` : ''
    const cure = /^(?:sqlite|file):/.test(url) ? 'Its folder must be there, and be writable.' : `Correct it. ${ENCODED}`
    throw SessionError.config(`${option}.url`, `is refused by ${packageOf(name)}${why}. ${cure}`)
  }
}

/** Calls a function of a module, or of its default export. */
export function called(module: object, name: string, ...given: readonly unknown[]): unknown {
  return Reflect.apply(functionOf(module, name), module, given)
}

/** Makes an instance of a class of a module, or of its default export. */
export function made(module: object, name: string, ...given: readonly unknown[]): unknown {
  return Reflect.construct(functionOf(module, name), given)
}

/** Calls a method of a client; one that it does not have is passed over. */
export async function ended(client: unknown, method: string, ...given: readonly unknown[]): Promise<void> {
  const found: unknown = isObject(client) || typeof client === 'function' ? Reflect.get(client, method) : undefined
  if (typeof found === 'function') await Reflect.apply(found, client, given)
}

function functionOf(module: object, name: string): Function {
  const inner: unknown = Reflect.get(module, 'default')
  const found: unknown =
    name === 'default' ? inner : (Reflect.get(module, name) ?? (Object(inner) === inner ? Reflect.get(Object(inner), name) : undefined))
  if (typeof found === 'function') return found
  throw new TypeError(`it exports no ${name}`)
}

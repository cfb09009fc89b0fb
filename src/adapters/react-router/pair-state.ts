import type { SessionData } from 'react-router'
import { TOKEN_KEY } from '../../session/csrf-token.ts'
import { forgetPath, getPath, setPath } from '../../session/dot-path.ts'
import { sameValue } from '../../session/same-value.ts'

/** One attribute that the application has changed. */
export interface Change {
  readonly key: string
  /** What it is to be; `undefined` for nothing. */
  readonly value: unknown
  /** What was stored when the application read it. */
  readonly before: unknown
  /** Whether the application has looked at it: then what it sets may rest on that. */
  readonly wasRead: boolean
}

/** What stands behind a session of React Router's shape: what was read of the store, and what the application has made of it. */
export class PairState {
  /** The `Cookie` header with which the session is found again. */
  cookieHeader: string | undefined
  /** The public name of the stored session; `undefined` while it is not stored. */
  handle: string | undefined
  readonly #read = new Set<string>()
  #before: SessionData = {}
  #values: SessionData = {}

  /** Begins anew with what is stored, of which this gives a copy each time. */
  load(handle: string | undefined, copy: () => SessionData): void {
    this.handle = handle
    this.#before = withoutToken(copy())
    this.#values = withoutToken(copy())
    this.#read.clear()
  }

  has(key: string): boolean {
    return this.get(key) !== undefined
  }

  get(key: string): SessionData[string] {
    this.#read.add(topOf(key))
    return getPath(this.#values, key)
  }

  set(key: string, value: unknown): void {
    setPath(this.#values, key, value)
  }

  unset(key: string): void {
    forgetPath(this.#values, key)
  }

  all(): SessionData {
    for (const key of Object.keys(this.#values)) this.#read.add(key)
    return { ...this.#values }
  }

  get changes(): Change[] {
    const keys = new Set([...Object.keys(this.#before), ...Object.keys(this.#values)])
    const changes = [...keys].map((key) => ({
      key,
      value: Object.hasOwn(this.#values, key) ? this.#values[key] : undefined,
      before: Object.hasOwn(this.#before, key) ? this.#before[key] : undefined,
      wasRead: this.#read.has(key),
    }))
    return changes.filter(({ before, value }) => !sameValue(before, value))
  }
}

/** It is the session's own, and no data of the application. */
function withoutToken({ [TOKEN_KEY]: _token, ...data }: SessionData): SessionData {
  return data
}

/** A name with dots leads into what is under its first part, as everywhere in a session. */
function topOf(key: string): string {
  return key.split('.', 1)[0] ?? key
}

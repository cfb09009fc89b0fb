// What clients and the application say to each other over HTTP, and the runner and the application over the channel of the process.
import { createHash } from 'node:crypto'
import type { Deed, IdName, Seen, Span } from '../history/event.ts'

export type Concurrency = 'exclusive' | 'merge' | 'readonly'

/** What a client asks for. */
export interface Asked {
  readonly deed: Deed
  /** The session's name, which `create` writes into it. */
  readonly mark: string
  readonly concurrency: Concurrency
  /** How long the handler works on it before it changes it. Milliseconds. */
  readonly workMs: number
}

/** What the application answers with a status of 200. */
export interface Done {
  readonly saw: Seen | 'new'
  readonly servedUnder: IdName | undefined
  readonly held: Span
}

/** What it answers when it failed. */
export interface Refused {
  readonly code: string
  /** Whether the error says that nothing was stored. */
  readonly isCertain: boolean
}

/** What the runner asks of an application process. */
export type Order =
  | { readonly kind: 'stall'; readonly ms: number }
  /** Sets its clock so far apart from the machine's. */
  | { readonly kind: 'clock'; readonly aheadMs: number }
  | { readonly kind: 'survey' }
  /** Tells how it is: memory, requests, lateness. */
  | { readonly kind: 'read gauge' }
  /** Tells what it holds open. */
  | { readonly kind: 'holdings' }
  | { readonly kind: 'close' }

/** A record of the store, as an application finds it. */
export interface Found {
  readonly key: string
  readonly content: Seen | 'marker' | 'unreadable'
  readonly isHeld: boolean
}

const KINDS = ['create', 'read', 'write', 'increment', 'regenerate', 'destroy'] as const
const MODES = ['exclusive', 'merge', 'readonly'] as const

export function pathOf({ deed, mark, concurrency, workMs }: Asked): string {
  const detail = deed.kind === 'write' ? deed.argument : deed.kind === 'regenerate' ? Number(deed.endsOld) : 0
  return `/${deed.kind}/${concurrency}/${mark}/${workMs}/${detail}`
}

/** @throws {TypeError} When it is no path of `pathOf`. */
export function askedBy(path: string): Asked {
  const [, kindText, modeText, mark = '', work, detail] = path.split('/')
  const kind = KINDS.find((one) => one === kindText)
  const concurrency = MODES.find((one) => one === modeText)
  if (kind === undefined || concurrency === undefined) throw new TypeError(`nothing is asked for by ${path}`)
  return { deed: deedOf(kind, Number(detail)), mark, concurrency, workMs: Number(work) }
}

/** Names an id by its hash, which is also what a store calls the session. */
export function idName(id: string): IdName {
  return createHash('sha256').update(id).digest('hex')
}

function deedOf(kind: Deed['kind'], detail: number): Deed {
  switch (kind) {
    case 'write':
      return { kind, argument: detail }
    case 'regenerate':
      return { kind, endsOld: detail === 1 }
    default:
      return { kind }
  }
}

import { readFileSync } from 'node:fs'

/** A case where Holdfast does not do what the PHP library did. */
export interface Deviation {
  /** The item of the specification that says so. */
  readonly item: string
  readonly why: string
}

export interface CookieCase {
  readonly name: string
  readonly config: Readonly<Record<string, unknown>>
  readonly sessionName?: string
  readonly requestCookies?: Readonly<Record<string, unknown>>
  readonly setCookie?: readonly string[]
  readonly throws?: unknown
}

export interface ExceptCase {
  readonly except?: readonly string[]
  readonly config?: { readonly except: unknown }
  readonly path: string
  readonly uriPath?: string
  readonly exempt?: boolean
}

export interface MetadataCase {
  readonly serverParams: { readonly REMOTE_ADDR?: string }
  readonly headers: Readonly<Record<string, unknown>>
  readonly stored: { readonly ip_address: string | null }
}

export interface CsrfCase {
  readonly method: string
  readonly body: string
  readonly 'X-CSRF-TOKEN': 'absent' | 'right' | 'wrong' | 'empty'
  readonly 'X-XSRF-TOKEN': 'absent' | 'right' | 'wrong' | 'empty'
  readonly sessionToken: 'T' | 'empty'
  readonly passes: boolean
}

interface CookieVectors {
  readonly count: number
  readonly cookies: readonly CookieCase[]
  readonly exceptTable: readonly ExceptCase[]
  readonly metadata: readonly MetadataCase[]
}

interface CsrfVectors {
  readonly count: number
  readonly bodies: Readonly<Record<string, unknown>>
  readonly decisions: readonly CsrfCase[]
  readonly extra: readonly { readonly what: string; readonly result: unknown }[]
}

/** What the PHP library's session middleware did. */
export const cookieVectors: CookieVectors = read('set-cookie.json')

/** What the PHP library's CSRF middleware did. */
export const csrfVectors: CsrfVectors = read('csrf-decisions.json')

function read(name: string) {
  return JSON.parse(readFileSync(new URL(`../vectors/monkeyslegion/${name}`, import.meta.url), 'utf8'))
}

import { readFileSync } from 'node:fs'

/** A case where Holdfast does not do what the PHP library did. */
export interface Deviation {
  /** The item of the specification that says so. */
  readonly item: string
  readonly why: string
}

export type Tagged =
  | { readonly t: 'null' }
  | { readonly t: 'bool'; readonly v: boolean }
  | { readonly t: 'int' | 'string'; readonly v: string }
  | {
      readonly t: 'array'
      readonly list: boolean
      readonly entries: readonly { readonly k: { int?: string; str?: string }; readonly v: Tagged }[]
    }
  | { readonly t: 'object'; readonly props: readonly { readonly name: string; readonly v: Tagged }[] }

export type Operation = readonly [name: string, ...args: unknown[]]

export interface DotCase {
  readonly name: string
  readonly initial: Tagged
  readonly AttributeBag: {
    readonly steps: readonly { readonly op: Operation; readonly returns?: Tagged }[]
    readonly finalSerialized: string
  }
}

export interface FlashRequest {
  readonly visibleAtStart: Readonly<Record<string, unknown>>
  readonly ops: readonly { readonly op: Operation; readonly returns?: unknown }[]
  readonly visibleAtEnd: Readonly<Record<string, unknown>>
  readonly storedFlash: string | false
}

export interface FlashCase {
  readonly name: string
  readonly FlashBag: readonly FlashRequest[]
}

/** What the PHP library's bags did with dotted keys. */
export const dotVectors: { readonly count: number; readonly cases: readonly DotCase[] } = read('dot-notation.json')

/** What the PHP library's `FlashBag` did over several requests, and facts about its bags. */
export const flashVectors: {
  readonly count: number
  readonly cases: readonly FlashCase[]
  readonly bagFacts: readonly { readonly what: string; readonly result: unknown }[]
} = read('flash-lifecycle.json')

class PhpObject {
  readonly [property: string]: unknown
}

/** The JavaScript value of a tagged one. A PHP object becomes a class instance, a leaf as it is in PHP. */
export function valueOf(tagged: Tagged): unknown {
  switch (tagged.t) {
    case 'null':
      return null
    case 'int':
      return Number(tagged.v)
    case 'bool':
    case 'string':
      return tagged.v
    case 'object':
      return Object.assign(new PhpObject(), Object.fromEntries(tagged.props.map(({ name, v }) => [name, valueOf(v)])))
    case 'array': {
      const entries = tagged.entries.map(({ k, v }) => [k.int ?? k.str ?? '', valueOf(v)] as const)
      return tagged.list && entries.length > 0 ? entries.map(([, value]) => value) : Object.fromEntries(entries)
    }
  }
}

/** A value as PHP sees it: lists and records are both arrays, in order, and nothing is null. */
export function asPhpSees(value: unknown): unknown {
  if (value === undefined) return null
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value).map(([key, part]) => [key, asPhpSees(part)])
}

/** What `asPhpSees` would give, out of PHP's `serialize()` text. Only what the vectors hold. */
export function unserialized(text: string): unknown {
  const bytes = Buffer.from(text)
  let at = 0
  const until = (end: string): string => {
    const from = at
    at = bytes.indexOf(end, from)
    return bytes.toString('utf8', from, at++)
  }
  const value = (): unknown => {
    const kind = until(':').slice(-1)
    if (kind === 'i') return Number(until(';'))
    if (kind === 'b') return until(';') === '1'
    const length = Number(until(':'))
    at++ // the quote, or the brace
    if (kind === 's') {
      const found = bytes.toString('utf8', at, at + length)
      at += length + 2
      return found
    }
    const entries: unknown[] = []
    for (let left = length; left > 0; left--) {
      const key = String(value())
      entries.push([key, bytes[at] === 0x4e ? ((at += 2), null) : value()])
    }
    at++
    return entries
  }
  return value()
}

function read(name: string) {
  return JSON.parse(readFileSync(new URL(`../vectors/monkeyslegion/${name}`, import.meta.url), 'utf8'))
}

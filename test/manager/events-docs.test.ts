import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { SessionEventKind } from '../../src/contracts/events.ts'
import { openShop } from './support/shop.ts'

const read = (path: string): string => readFileSync(join(import.meta.dirname, '../..', path), 'utf8')

const source = read('src/contracts/events.ts')
const page = read('docs/observability.md')

/** The rows of the table whose head begins with these words, without the head. */
function rowsUnder(head: string): string[][] {
  const lines = page.split('\n')
  const from = lines.findIndex((line) => line.startsWith(`| ${head} |`)) + 2
  const rows = lines.slice(from)
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith('|')),
    )
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}

const bodyOf = (declaration: string): string => new RegExp(`${declaration} \\{\\n([^]*?)\\n\\}`).exec(source)?.[1] ?? ''

const fieldsIn = (body: string): string[] => [...body.matchAll(/readonly (\w+)\??:/g)].map((match) => match[1] ?? '')

/** Each event with the names of its fields and the first sentence of its docstring. */
function events(): string[][] {
  const body = bodyOf('export interface SessionEvents')
  const entries = body.matchAll(/\/\*\*([^]*?)\*\/\n {2}readonly (\w+): ([^]*?)(?=\n {2}\/\*\*|$)/g)
  return [...entries].map(([, comment = '', kind = '', type = '']) => {
    const shared = ['SessionEvent', 'Failed', 'ResealProgress'].filter((name) => new RegExp(`\\b${name}\\b`).test(type))
    const fields = [...shared.flatMap((name) => fieldsIn(bodyOf(`interface ${name}`))), ...fieldsIn(type)]
    const text = comment.replaceAll(/\s*\n\s*\*/g, ' ').trim()
    const sentence = /^.*?\.(?= |$)/.exec(text.replaceAll(/\s+/g, ' '))?.[0] ?? text
    return [`\`${kind}\``, fields.map((field) => `\`${field}\``).join(', '), sentence]
  })
}

// What a program in JavaScript may hand over.
function asKind(text: string): SessionEventKind
function asKind(text: string): string {
  return text
}

describe('docs/observability.md', () => {
  it('has each event, with what it carries and in its own words', () => {
    expect(events().length).toBeGreaterThan(10)
    expect(rowsUnder('Event')).toEqual(events())
  })

  it('has the events that can be listened to, and no other', () => {
    const { sessions } = openShop()
    const listen = (kind: string): unknown => sessions.on(asKind(kind), () => undefined)
    for (const [kind = ''] of events()) expect(listen(kind.replaceAll('`', '')), kind).toBeTypeOf('function')
    expect(() => listen('comitted')).toThrow("Did you mean 'committed'?")
    expect(() => listen('constructor')).toThrow('is not known')
  })

  it('has each reason of a refusal', () => {
    const union = /export type RefusalReason =([^]*?)\n\n/.exec(source)?.[1] ?? ''
    const reasons = [...union.matchAll(/'([\w-]+)'/g)].map((match) => `\`${match[1]}\``)
    expect(reasons.length).toBeGreaterThan(10)
    expect(rowsUnder('`reason` of `refused`').map(([reason]) => reason)).toEqual(reasons)
  })
})

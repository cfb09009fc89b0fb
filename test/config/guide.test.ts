import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repository } from '../../scripts/support/check.ts'
import { entriesOf } from '../../src/config/entries.ts'
import { DRIVER_LIFETIMES, FIELDS, type Field, VALUES } from '../../src/config/fields.ts'
import { vectorText } from './support.ts'

const PAGE = join(repository, 'docs/configuration.md')

/** The keys of `config/session.php` in their order. */
const phpKeys = leavesOf(JSON.parse(vectorText('config.json')).phpConfig[0].config)

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

const code = (texts: readonly string[]): string => texts.map((text) => `\`${text}\``).join(', ')

function defaultOf({ default: value, otherwise }: Field): string {
  return value === undefined ? otherwise : `\`${JSON.stringify(value).replaceAll('"', "'")}\``
}

/** The idle time may also be said of each driver. */
function othersOf({ name, others }: Field): readonly string[] {
  return name === 'lifetime.idleSeconds' ? [...others, ...DRIVER_LIFETIMES.flatMap((field) => field.others)] : others
}

function wholeTable(): string {
  const rows = FIELDS.map((field) => [
    code([field.name]),
    code(othersOf(field)),
    code(field.env),
    defaultOf(field),
    field.option,
    field.what,
  ])
  return table(['Name', 'Or', 'Environment', 'Default', 'Becomes', 'What it is'], rows)
}

function valueTable(): string {
  return table(
    ['Name', 'Default', 'Becomes', 'What it is'],
    VALUES.map((field) => [code([field.name]), field.otherwise, field.option, field.what]),
  )
}

function phpTable(): string {
  const rows = phpKeys.map((key) => {
    const [name = ''] = entriesOf(inside(key.split('.'), sampleOf(key))).keys()
    const field = FIELDS.find((one) => one.name === name)
    const ours = name.endsWith('.lifetime') ? `${code(['lifetime.idleSeconds'])}, of the driver that is chosen` : code([name])
    return [code([key]), ours, code(field?.env ?? ['SESSION_LIFETIME'])]
  })
  return table(['`config/session.php`', 'Here', 'Environment'], rows)
}

function sampleOf(key: string): unknown {
  if (/secure|httponly|encrypt/.test(key)) return true
  return key.endsWith('lifetime') ? 7200 : key.endsWith('samesite') ? 'Lax' : 'x'
}

function inside([key = '', ...rest]: readonly string[], value: unknown): object {
  return { [key]: rest.length === 0 ? value : inside(rest, value) }
}

function leavesOf(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([key, part]) => leavesOf(part, path === '' ? key : `${path}.${key}`))
}

describe('docs/configuration.md', () => {
  // It renews the page: npm test -- test/config/guide.test.ts -u
  it('has the tables that the code says', async () => {
    const made: Readonly<Record<string, string>> = { configuration: wholeTable(), values: valueTable(), php: phpTable() }
    let page = readFileSync(PAGE, 'utf8')
    for (const [name, text] of Object.entries(made)) {
      const place = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- /${name} -->)`)
      expect(page).toMatch(place)
      page = page.replace(place, (_found, start: string, end: string) => `${start}${text}\n${end}`)
    }
    await expect(page).toMatchFileSnapshot(PAGE)
  })

  it('maps each key of config/session.php', () => {
    expect(phpKeys).toHaveLength(16)
    const page = readFileSync(PAGE, 'utf8')
    for (const key of phpKeys) expect(page).toMatch(new RegExp(`^\\| \`${key.replaceAll('.', '\\.')}\` \\| \``, 'm'))
  })
})

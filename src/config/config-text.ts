import { FIELDS, type Field } from './fields.ts'

/** The formats that a configuration can be published in. */
export type ConfigFormat = 'ts' | 'json' | 'mlc'

const HEAD = [
  'How sessions are kept, sent and sealed. Everything that stands here is the default, and may be left out; docs/configuration.md has more on it.',
  'Environment variables count before what stands here, but for APP_KEY, REDIS_URL and DATABASE_URL: those count where nothing stands here.',
]

/** The text of a complete configuration file with a comment on each part: read back, it says what holds without it. */
export function configText(format: ConfigFormat): string {
  if (format === 'json') return `${JSON.stringify(json(), undefined, 2)}\n`
  return format === 'ts' ? typescript() : mlc()
}

/** The fields by their sections, in order; those of no section each by itself, under ''. */
function sections(): [string, Field[]][] {
  const grouped: [string, Field[]][] = []
  for (const field of FIELDS) {
    const section = field.name.includes('.') ? (field.name.split('.')[0] ?? '') : ''
    const last = grouped.at(-1)
    if (last?.[0] === section) last[1].push(field)
    else grouped.push([section, [field]])
  }
  return grouped
}

function keyOf({ name }: Field): string {
  return name.slice(name.indexOf('.') + 1)
}

/** Where nothing is said by default, there is nothing to write either. */
function isSaid(field: Field): boolean {
  return field.default !== undefined
}

function remark({ what, env, otherwise, default: value }: Field): string {
  const variables = env.length === 0 ? [] : [env.join(' or ')]
  const facts = [...(value === undefined ? [`default: ${otherwise}`] : []), ...variables]
  return facts.length === 0 ? what : `${what} (${facts.join('; ')})`
}

function remarkOn(field: Field): string {
  return `${keyOf(field)}: ${remark(field)}`
}

function typescript(): string {
  const lines = sections().flatMap(([section, fields]) => {
    const rows = fields.flatMap((field) => rowsOf(field, '//', `${keyOf(field)}: ${literal(field.default)},`))
    if (section === '') return ['', ...rows.map((row) => `  ${row}`)]
    if (!fields.some(isSaid)) return ['', `  // ${section}: {`, ...rows.map((row) => `  //   ${row.replace(/^\/\/ /, '')}`), '  // },']
    return ['', `  ${section}: {`, ...rows.map((row) => `    ${row}`), '  },']
  })
  const head = ["import { defineSessionConfig } from 'holdfast/config'", '', ...HEAD.map((line) => `// ${line}`)]
  return `${[...head, 'export default defineSessionConfig({', ...lines.slice(1), '})'].join('\n')}\n`
}

function mlc(): string {
  const lines = sections().flatMap(([section, fields]) => {
    const rows = fields.flatMap((field) => rowsOf(field, '#', `${keyOf(field)} = ${mlcValue(field)}`))
    if (section === '') return ['', ...rows.map((row) => `    ${row}`)]
    return ['', `    ${section} {`, ...rows.map((row) => `        ${row}`), '    }']
  })
  return `${[...HEAD.map((line) => `# ${line}`), 'session {', ...lines.slice(1), '}'].join('\n')}\n`
}

/** The comment on a field, and its line; only a comment where it has no default. */
function rowsOf(field: Field, mark: string, line: string): string[] {
  return isSaid(field) ? [`${mark} ${remark(field)}`, line] : [`${mark} ${remarkOn(field)}`]
}

function literal(value: Field['default']): string {
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value)
}

function mlcValue({ default: value, env: [variable] }: Field): string {
  if (variable !== undefined) return `\${${variable}:${String(value)}}`
  return typeof value === 'string' ? `"${value}"` : JSON.stringify(value)
}

function json(): Record<string, unknown> {
  const alone = FIELDS.filter(({ name }) => !name.includes('.'))
  const content: Record<string, unknown> = { '//': [...HEAD, ...alone.map(remarkOn)] }
  for (const [section, fields] of sections()) {
    const said = Object.fromEntries(fields.filter(isSaid).map((field) => [keyOf(field), field.default]))
    if (section === '') Object.assign(content, said)
    else content[section] = { '//': fields.map(remarkOn), ...said }
  }
  return content
}

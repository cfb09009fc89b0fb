import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type ConfigFormat, configText, createSessionManager } from '../../src/config/index.ts'
import { FIELDS } from '../../src/config/fields.ts'
import { isPlainObject } from '../../src/session/plain.ts'
import { installation, ranIn } from './installed.ts'
import { load } from './support.ts'

const FORMATS: readonly ConfigFormat[] = ['json', 'mlc']

function valueAt(config: unknown, name: string): unknown {
  return name.split('.').reduce((inner, key) => (isPlainObject(inner) ? inner[key] : undefined), config)
}

/** What a published file says, with those of its defaults that stand in every configuration. */
function saidIn(config: unknown): [string, unknown][] {
  return FIELDS.map(({ name }): [string, unknown] => [name, valueAt(config, name)]).filter(([name]) => name !== 'file.path')
}

const defaults = FIELDS.filter(({ name }) => name !== 'file.path').map(({ name, default: value }): [string, unknown] => [name, value])

describe('configText', () => {
  it.each(FORMATS)('gives a file in %s that reads back to the defaults', async (format) => {
    const { config, session } = await load({ [`config/session.${format}`]: configText(format) })
    expect(saidIn(config)).toEqual(defaults)
    expect(config.file?.path).toMatch(/\/var\/sessions$/)
    expect(session).toEqual({ enabled: true, except: [], trustProxy: false, saveOnError: false })
    const sessions = await createSessionManager({ ...config, driver: 'memory' })
    await sessions.close()
  })

  it('gives a program in TypeScript that reads back to the defaults where the package is installed', async () => {
    const folder = installation([], { 'config/session.ts': configText('ts') })
    const program = "import { loadSessionConfig } from 'holdfast/config'\nconsole.log(JSON.stringify((await loadSessionConfig()).config))"
    const config: unknown = JSON.parse(await ranIn(folder, program))
    expect(saidIn(config)).toEqual(defaults)
  })

  it('gives a program that the compiler takes', () => {
    const compiled = readFileSync(new URL('../fixtures/published-session.config.ts', import.meta.url), 'utf8')
    expect(configText('ts').replace("'holdfast/config'", "'../../src/config/index.ts'")).toBe(compiled)
  })

  it('has a word on everything that a configuration can say, and on its variables', () => {
    for (const format of [...FORMATS, 'ts'] as const) {
      const text = configText(format)
      for (const { name, what, env } of FIELDS) {
        const key = name.slice(name.indexOf('.') + 1)
        expect(text, `${name} in ${format}`).toMatch(new RegExp(String.raw`\b${key.replace('.', String.raw`\.`)}"?(?::| =)`))
        expect(text).toContain(format === 'json' ? JSON.stringify(what).slice(1, -1) : what)
        for (const variable of env) expect(text, `${variable} in ${format}`).toContain(variable)
      }
    }
  })
})

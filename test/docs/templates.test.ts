import { render as renderEjs } from 'ejs'
import { transformSync } from 'esbuild'
import { Eta } from 'eta'
import handlebars from 'handlebars'
import nunjucks from 'nunjucks'
import { compile as compilePug } from 'pug'
import { createElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import { readText, repository } from '../../scripts/support/check.ts'
import { csrf, session } from '../../src/adapters/fetch.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { csrfField, csrfToken } from '../../src/http/csrf-words.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'

/** What a template of the page is given. */
interface Locals {
  readonly csrfField: () => string
  readonly csrfToken: () => string
  readonly name: string
}

type Engine = (template: string, locals: Locals) => string

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** Runs an expression that was written for the page. */
const evaluate = (expression: string, scope: object): string =>
  String(Reflect.construct(Function, [...Object.keys(scope), `return (${expression})`])(...Object.values(scope)))

/** How each language of a block of the page is rendered. */
const ENGINES: Readonly<Record<string, Engine>> = {
  html: (template, locals) => evaluate(`\`${template}\``, { ...locals, escapeHtml }),
  ejs: (template, locals) => renderEjs(template, locals),
  eta: (template, locals) => new Eta().renderString(template, locals),
  handlebars: (template, locals) => handlebars.compile(template)(locals),
  pug: (template, locals) => compilePug(template)(locals),
  njk: (template, locals) => new nunjucks.Environment(null, { autoescape: true }).renderString(template, locals),
  jsx: (template, locals) => {
    const { code } = transformSync(template, { loader: 'jsx', jsxFactory: 'createElement' })
    const scope = { ...locals, createElement, renderToStaticMarkup }
    return evaluate(`renderToStaticMarkup(${code.trim().replace(/;$/, '')})`, scope)
  },
}

function blocksOf(page: string, language: string): string[] {
  const blocks = readText(repository, page).matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))
  return [...blocks].map(([, block = '']) => block)
}

/** The value of an input, as a browser reads it. */
function inputValue(html: string, name: string): string {
  const input = [...html.matchAll(/<input[^>]*>/g)].map(([tag]) => tag).find((tag) => tag.includes(`name="${name}"`)) ?? ''
  const value = /\bvalue="([^"]*)"/.exec(input)?.[1] ?? ''
  return value.replaceAll('&quot;', '"').replaceAll('&#34;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}

const HOSTILE = '"><script>alert(1)</script>&amp;'

describe('the forms of docs/templates.md', () => {
  for (const [language, render] of Object.entries(ENGINES)) {
    it(`${language}: the form is let in with its token, refused without, and shows a hostile name as text`, async () => {
      const [template = '', ...others] = blocksOf('docs/templates.md', language)
      expect(template).toContain('/rename')
      expect(others).toEqual([])

      const sessions = new SessionManager({ driver: new MemoryDriver({ acknowledged: true }) })
      const serve = session(sessions)(
        csrf()((request, { session: visitor }) => {
          if (request.method === 'POST') return new Response('renamed')
          const locals = { csrfField: () => csrfField(visitor), csrfToken: () => csrfToken(visitor), name: HOSTILE }
          return new Response(render(template, locals))
        }),
      )
      const page = await serve(new Request('https://app.example/'))
      const cookie = page.headers.getSetCookie()[0]?.split(';')[0] ?? ''
      const html = await page.text()
      expect(html).not.toContain('<script>')
      expect(inputValue(html, 'name')).toBe(HOSTILE)

      const post = async (fields: Record<string, string>): Promise<number> => {
        const body = new URLSearchParams(fields)
        return (await serve(new Request('https://app.example/rename', { method: 'POST', headers: { cookie }, body }))).status
      }
      const token = inputValue(html, '_csrf')
      expect(await post({ name: 'Ada', _csrf: token })).toBe(200)
      expect(await post({ name: 'Ada' })).toBe(403)
      await sessions.close()
    })
  }

  it('get their words from holdfast/fetch as from every other adapter', () => {
    const adapters = ['elysia', 'express', 'fastify', 'fetch', 'h3', 'hono', 'koa', 'nest', 'next', 'node', 'react-router', 'sveltekit']
    const line = `export { csrfField, csrfMeta, csrfToken } from '../http/csrf-words.ts'`
    expect(adapters.filter((name) => !readText(repository, `src/adapters/${name}.ts`).includes(line))).toEqual([])
  })

  it('are named by the README, each with the line that a form needs', () => {
    const readme = readText(repository, 'README.md').replaceAll('\\|', '|')
    const missing = Object.keys(ENGINES).flatMap((language) => {
      const block = blocksOf('docs/templates.md', language)[0] ?? ''
      const line = block.split('\n').find((text) => /csrf(Field|Token)/.test(text)) ?? block
      return readme.includes(line.trim()) ? [] : [`${language}: ${line.trim()}`]
    })
    expect(missing).toEqual([])
  })
})

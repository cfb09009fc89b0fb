import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { oncePerProcess } from '../../../src/adapters/once-per-process.ts'
import type { Seen, Visitor } from '../../transport/visitor.ts'
import type { Store } from '../../transport/applications/next-pages/lib/sessions.ts'

/** What a file of cases is given. */
export interface Pages {
  /** A visitor who has not been there yet. */
  readonly visitor: () => Visitor
  readonly origin: () => string
  /** The id of a server action by the name that its file gives it. */
  readonly actionId: (name: string) => string
}

/** The store of the application, which is one in this process, whichever bundle made it. */
export function theStore(): Store {
  return oncePerProcess('store', (): Store => {
    throw new Error('The application has made no store.')
  })
}

/** What a page shows. */
export function shownIn({ text }: Seen): unknown {
  const json = /<pre>(.*?)<\/pre>/s.exec(text)?.[1]
  expect(json, text).toBeDefined()
  return JSON.parse(unescaped(json ?? ''))
}

function unescaped(html: string): string {
  return html.replaceAll('&quot;', '"').replaceAll('&#x27;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}

/** Sends a form of a page as a browser without scripts does: to the page itself, with the fields by which Next knows the action. */
export async function submit(
  visitor: Visitor,
  path: string,
  id: string,
  fields: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = { 'sec-fetch-site': 'same-origin' },
): Promise<Seen> {
  const { text } = await visitor.see(path)
  const form = new RegExp(`<form[^>]*id="${id}"[^>]*>(.*?)</form>`, 's').exec(text)?.[1] ?? ''
  const body = new FormData()
  for (const [, name = '', value = ''] of form.matchAll(/<input[^>]*? name="([^"]*)"(?: value="([^"]*)")?/g))
    body.set(name, unescaped(value))
  for (const [name, value] of Object.entries(fields)) body.set(name, value)
  return visitor.see(path, { method: 'POST', body, headers })
}

/** Calls an action as Next's own script does. */
export function call(visitor: Visitor, path: string, id: string, body: string | FormData): Promise<Seen> {
  const headers = { 'next-action': id, accept: 'text/x-component', 'sec-fetch-site': 'same-origin' }
  return visitor.see(path, {
    method: 'POST',
    body,
    headers: typeof body === 'string' ? { ...headers, 'content-type': 'text/plain;charset=UTF-8' } : headers,
  })
}

interface ActionManifest {
  readonly node: Readonly<Record<string, { readonly exportedName?: string }>>
}

export function actionIdIn(folder: string, name: string): string {
  const manifest: ActionManifest = JSON.parse(readFileSync(join(folder, 'server/server-reference-manifest.json'), 'utf8'))
  const found = Object.entries(manifest.node).find(([, entry]) => entry.exportedName === name)
  expect(found, JSON.stringify(manifest)).toBeDefined()
  return found?.[0] ?? ''
}

/** Resolves when the manager has stored changes so many times more. */
export function nextCommits(count: number): Promise<void> {
  return new Promise((resolve) => {
    let left = count
    const stop = theStore().sessions.on('committed', () => {
      left -= 1
      if (left > 0) return
      stop()
      resolve()
    })
  })
}

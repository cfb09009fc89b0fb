import { createElement } from 'react'
import type { ReactElement } from 'react'
import { shown } from '../../lib/shown.ts'
import { visitor } from '../../lib/sessions.ts'

async function Greeting(): Promise<ReactElement> {
  const session = await visitor()
  return createElement('p', null, `Hello, ${session.get('name', 'Guest')}.`)
}

export async function generateMetadata(): Promise<{ readonly title: string }> {
  const session = await visitor()
  return { title: session.get('name', 'Guest') }
}

export default async function Page(): Promise<ReactElement> {
  const session = await visitor()
  const page = shown({ isNew: session.isNew, count: session.get('count', 0), userId: session.userId })
  return createElement('main', null, createElement(Greeting), page)
}

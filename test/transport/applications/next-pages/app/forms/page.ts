import { createElement } from 'react'
import type { ReactElement } from 'react'
import { count, fail, fresh, kept, leave, login, logout, saved, strict } from '../../lib/actions.ts'
import { visitor } from '../../lib/sessions.ts'
import { shown } from '../../lib/shown.ts'

const ACTIONS = { count, fail, fresh, kept, leave, login, logout, saved, strict }

export default async function Page(): Promise<ReactElement> {
  const session = await visitor()
  const page = shown({ count: session.get('count', 0), status: session.getFlash('status', 'nothing new'), userId: session.userId })
  const forms = Object.entries(ACTIONS).map(([id, action]) =>
    createElement('form', { key: id, id, action }, createElement('input', { name: 'name', defaultValue: 'Ada' })),
  )
  return createElement('main', null, page, ...forms)
}

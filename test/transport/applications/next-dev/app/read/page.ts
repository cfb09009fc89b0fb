import { createElement } from 'react'
import type { ReactElement } from 'react'
import { told, visitor } from '../../lib/sessions.ts'

export default async function Page(): Promise<ReactElement> {
  const session = await visitor()
  return createElement('pre', null, JSON.stringify({ ...told(), count: session.get('count', 0) }))
}

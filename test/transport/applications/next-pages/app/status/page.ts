import type { ReactElement } from 'react'
import { visitor } from '../../lib/sessions.ts'
import { shown } from '../../lib/shown.ts'

export default async function Page(): Promise<ReactElement> {
  const session = await visitor()
  return shown({ name: session.get('name', 'Guest'), status: session.getFlash('status', 'nothing new') })
}

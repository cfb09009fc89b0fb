import type { ReactElement } from 'react'
import { csrfToken } from '../../../../../../src/adapters/next.ts'
import { visitor } from '../../lib/sessions.ts'
import { messageOf, shown } from '../../lib/shown.ts'

export default async function Page(): Promise<ReactElement> {
  const session = await visitor()
  let token = ''
  const message = messageOf(() => (token = csrfToken(session)))
  return shown({ token, message })
}

import type { ReactElement } from 'react'
import { visitor } from '../../lib/sessions.ts'
import { messageOf, shown } from '../../lib/shown.ts'

export default async function Page(): Promise<ReactElement> {
  const session: object = await visitor()
  const call = (name: string): string => messageOf(() => Reflect.apply(Reflect.get(session, name), session, ['count', 1]))
  return shown({ set: call('set'), flash: call('flash'), destroy: call('destroy') })
}

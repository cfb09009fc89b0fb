import { sessionContext } from '../../../../../../src/adapters/react-router.ts'
import { createElement } from 'react'
import type { ReactElement } from 'react'
import type { LoaderFunctionArgs } from 'react-router'
import { theHouse } from '../../../the-house.ts'

export function loader({ context }: LoaderFunctionArgs): string {
  const house = theHouse()
  return house.form(context.get(sessionContext(house.sessions)))
}

export default function Form({ loaderData }: { readonly loaderData: string }): ReactElement {
  return createElement('main', { dangerouslySetInnerHTML: { __html: loaderData } })
}

import { csrf, session } from '../../../../../src/adapters/react-router.ts'
import { createElement } from 'react'
import type { ReactElement, ReactNode } from 'react'
import { isRouteErrorResponse, Outlet, Scripts } from 'react-router'
import type { MiddlewareFunction } from 'react-router'
import { perHouse } from '../../the-house.ts'

const visitors = perHouse((house) => session(house.sessions, house.options))
const staff = perHouse((house) => house.staff && session(house.staff))

export const middleware: MiddlewareFunction<Response>[] = [
  (args, next) => visitors()(args, next),
  (args, next) => staff()?.(args, next) ?? next(),
  csrf(),
]

export function Layout({ children }: { readonly children: ReactNode }): ReactElement {
  return createElement('html', { lang: 'en' }, createElement('body', null, children, createElement(Scripts)))
}

export default function Root(): ReactElement {
  return createElement(Outlet)
}

export function ErrorBoundary({ error }: { readonly error: unknown }): ReactElement {
  return createElement('p', null, isRouteErrorResponse(error) ? `Refused: ${error.status} ${String(error.data)}` : 'Broken')
}

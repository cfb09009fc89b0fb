import { csrf, session } from 'holdfast/react-router'
import type { ReactElement, ReactNode } from 'react'
import { Outlet, Scripts } from 'react-router'
import { sessions } from './sessions.server.ts'

export const middleware = [session(sessions), csrf()]

export function Layout({ children }: { readonly children: ReactNode }): ReactElement {
  return (
    <html lang="en">
      <head>
        <title>Holdfast in React Router</title>
      </head>
      <body>
        {children}
        <Scripts />
      </body>
    </html>
  )
}

export default function Root(): ReactElement {
  return <Outlet />
}

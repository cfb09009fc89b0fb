import { createElement } from 'react'
import type { ReactElement, ReactNode } from 'react'

export default function Layout({ children }: { readonly children: ReactNode }): ReactElement {
  return createElement('html', null, createElement('body', null, children))
}

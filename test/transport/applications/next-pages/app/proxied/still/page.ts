import type { ReactElement } from 'react'
import { createElement } from 'react'

export default function Page(): ReactElement {
  return createElement('pre', null, '"still"')
}

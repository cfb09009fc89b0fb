import { createElement } from 'react'
import type { ReactElement } from 'react'
import { Adder } from '../../lib/adder.ts'

export default function Page(): ReactElement {
  return createElement(Adder)
}

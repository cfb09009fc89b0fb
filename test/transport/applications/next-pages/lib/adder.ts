'use client'

import { createElement } from 'react'
import type { ReactElement } from 'react'
import { add } from './actions.ts'

export function Adder(): ReactElement {
  return createElement('button', { onClick: () => void add(2, true) }, 'Add')
}

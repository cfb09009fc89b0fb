import type { ReactElement } from 'react'
import { shown } from '../lib/shown.ts'

export default function NotFound(): ReactElement {
  return shown('not here')
}

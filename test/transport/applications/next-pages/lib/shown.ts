import { createElement } from 'react'
import type { ReactElement } from 'react'

/** A page that shows a value, for a test to read it. */
export function shown(value: unknown): ReactElement {
  return createElement('pre', null, JSON.stringify(value))
}

/** What a call throws. */
export function messageOf(call: () => unknown): string {
  try {
    call()
    return 'nothing was thrown'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

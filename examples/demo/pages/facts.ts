import type { Session } from '../holdfast.ts'
import { html, type Html } from '../html.ts'

/** What is shown in place of a secret. */
export const MASK = '••••••••'

export type Fact = readonly [name: string, value: Html | string]

/** A list of names and values. */
export function facts(rows: readonly Fact[]): Html {
  return html`<dl class="facts">
    ${rows.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`
}

/** What a session holds, each value under its dotted key, without the CSRF token. */
export function contents(session: Session): readonly Fact[] {
  return Object.entries(session.all()).flatMap(([key, value]) => (key === '_token' ? [[key, MASK]] : leaves(key, value)))
}

function leaves(path: string, value: unknown): readonly Fact[] {
  if (typeof value !== 'object' || value === null) return [[path, JSON.stringify(value)]]
  if (value instanceof Date) return [[path, html`${value.toISOString()} <span class="kind">Date</span>`]]
  return Object.entries(value).flatMap(([key, inner]) => leaves(`${path}.${key}`, inner))
}

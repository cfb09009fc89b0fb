import { asStoreKey } from '../../src/session/id.ts'
import type { PrepareContext, Serializer } from '../../src/contracts/serializer.ts'

const key = asStoreKey('ab'.repeat(32))
if (key === undefined) throw new Error('no store key')

/** A place for texts in tests that have no record. */
export const place: PrepareContext = { key, field: 'payload' }

/** The text of a value, as the first save of a session makes it. */
export async function textOf(serializer: Serializer, value: unknown): Promise<string> {
  const text = await serializer.prepare(value, place)
  if (text === undefined) throw new Error('prepare() gave no text for a value that was never stored')
  return text
}

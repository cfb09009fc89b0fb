import { describe, expect, it } from 'vitest'
import type { StoredRecord } from '../../../src/contracts/driver.ts'
import { decodeContent, encodeRecord } from '../../../src/drivers/file/record-codec.ts'
import { DESCRIPTOR_BYTES } from '../../../src/drivers/file/slots.ts'

const LENGTHS_BYTES = 8
const record: StoredRecord = {
  payload: '\ud800',
  flash: '{}',
  handle: 'handle',
  createdAt: 1,
  authenticatedAt: undefined,
  regeneratedAt: undefined,
  lastActivity: 1,
  expiresAt: 2,
  userId: 'ada',
  ipAddress: undefined,
  userAgent: undefined,
  version: { counter: 1, writeToken: 'token' },
}

/** The text of a slot with another head, as another program may write it. */
function withHead(change: (head: unknown[]) => unknown[]): Buffer {
  const text = encodeRecord(record).subarray(DESCRIPTOR_BYTES)
  const end = LENGTHS_BYTES + text.readUInt32LE(0)
  const head = Buffer.from(JSON.stringify(change(JSON.parse(text.toString('utf8', LENGTHS_BYTES, end)))).replace('"endless"', '1e999'))
  const lengths = Buffer.from(text.subarray(0, LENGTHS_BYTES))
  lengths.writeUInt32LE(head.length, 0)
  return Buffer.concat([lengths, head, text.subarray(end)])
}

describe('a slot of another program', () => {
  it('is no session where UTF-16 has half a character at its end', () => {
    const text = encodeRecord(record).subarray(DESCRIPTOR_BYTES)
    expect(decodeContent(text)).toMatchObject({ kind: 'record', record: { payload: '\ud800' } })
    expect(decodeContent(text.subarray(0, -1))).toBe(undefined)
  })

  it('is no session where an instant or a count is none', () => {
    expect(decodeContent(withHead((head) => head))).toMatchObject({ kind: 'record' })
    expect(decodeContent(withHead((head) => head.with(10, 1.5)))).toBe(undefined)
    for (const place of [2, 5, 6, 10]) {
      for (const value of ['endless', '1', null]) expect(decodeContent(withHead((head) => head.with(place, value)))).toBe(undefined)
    }
  })

  it('is not the session of nobody where its user is no text', () => {
    for (const value of [5, true, ['ada']]) expect(decodeContent(withHead((head) => head.with(7, value)))).toBe(undefined)
  })

  it('is no session where its kind is unknown', () => {
    for (const kind of [2, 8, 9, 1.5, -1]) expect(decodeContent(withHead((head) => head.with(0, kind)))).toBe(undefined)
  })
})

import { expect, it } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { smallFigure } from './support.ts'

describeNeeding('redis-server', 'a Redis with many sessions', () => {
  it('has a key for each, which expires, and answers each command', { timeout: 120_000 }, async () => {
    const { counts } = await smallFigure('redis-million')
    // One slice for each of four servers, with few and with many: 500 turns of two commands.
    expect(counts).toEqual({ sessions: 2000, withoutExpiry: 0, calls: 4000 })
  })
})

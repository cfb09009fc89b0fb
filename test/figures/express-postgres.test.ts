import { expect, it } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { smallFigure } from './support.ts'

describeNeeding('postgres-server', 'Express with sessions in PostgreSQL', () => {
  it('counts one further with every answer, ours and the peer’s', { timeout: 120_000 }, async () => {
    const { counts } = await smallFigure('express-postgres')
    // 6 servers, one round for warming up and one that counts, each of 60 requests.
    expect(counts).toEqual({ requests: 720, wrongAnswers: 0 })
  })
})

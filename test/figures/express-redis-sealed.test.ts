import { expect, it } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { smallFigure } from './support.ts'

describeNeeding('redis-server', 'Express with sealed sessions in Redis', () => {
  it('counts one further with every answer, ours and the peer’s', { timeout: 180_000 }, async () => {
    const { counts } = await smallFigure('express-redis-sealed')
    // 4 servers, one round for warming up and one that counts, each of 60 requests.
    expect(counts).toEqual({ requests: 480, wrongAnswers: 0 })
  })
})

import { expect, it } from 'vitest'
import { smallFigure } from './support.ts'

it('every answer of Express with sessions in files counts one further, ours and the peer’s', { timeout: 120_000 }, async () => {
  const { counts } = await smallFigure('express-files')
  // 4 servers, one round for warming up and one that counts, each of 120 requests.
  expect(counts).toEqual({ requests: 960, wrongAnswers: 0 })
})

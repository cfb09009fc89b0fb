import { expect, it } from 'vitest'
import { smallFigure } from './support.ts'

it(
  'every answer of Express with sessions in memory counts one further, and stays where nothing is written',
  { timeout: 120_000 },
  async () => {
    const { counts } = await smallFigure('express-memory')
    // 3 servers, each written and read, one round for warming up and one that counts, each of 200 requests.
    expect(counts).toEqual({ requests: 2400, wrongAnswers: 0 })
  },
)

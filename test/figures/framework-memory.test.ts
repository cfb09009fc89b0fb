import { expect, it } from 'vitest'
import { smallFigure } from './support.ts'

it('every answer of Fastify, Koa and Hono with sessions in memory counts one further', { timeout: 120_000 }, async () => {
  const { counts } = await smallFigure('framework-memory')
  // 9 servers, one round for warming up and one that counts, each of 200 requests.
  expect(counts).toEqual({ requests: 3600, wrongAnswers: 0 })
})

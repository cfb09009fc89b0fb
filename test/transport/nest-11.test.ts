import { createRequire } from 'node:module'
import { expect, it } from 'vitest'
import { installNest11, useNest11 } from '../support/nest-11.ts'
import { transportSuite } from './suite.ts'

await useNest11()
const { startOnExpress } = await import('./nest/express.ts')
const { startOnFastify } = await import('./nest/fastify.ts')

it('is NestJS 11 that runs here', async () => {
  const { HttpException } = await import('@nestjs/common')
  const { HttpException: ofVersion11 } = createRequire(`${await installNest11()}/`)('@nestjs/common')
  expect(HttpException).toBe(ofVersion11)
})

transportSuite('NestJS 11 on Express', startOnExpress)
transportSuite('NestJS 11 on Fastify', startOnFastify)

import type { IncomingMessage } from 'node:http'
import { NestFactory } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import type { NestExpressApplication } from '@nestjs/platform-express'
import { csrf } from '../../../src/adapters/nest.ts'
import { formFields, isMultipart } from '../form-fields.ts'
import type { House, Running } from '../suite.ts'
import { rootOf } from './application.ts'

export async function startOnExpress(house: House): Promise<Running> {
  const options = { logger: false, abortOnError: false } as const
  const app = await NestFactory.create<NestExpressApplication>(rootOf(house), new ExpressAdapter(), options)
  app.set('etag', false)
  app.use(async (request: IncomingMessage, _response: unknown, next: () => void) => {
    const { 'content-type': type } = request.headers
    if (isMultipart(type)) Reflect.set(request, 'body', await formFields(request, type))
    next()
  })
  app.useGlobalGuards(csrf())
  await app.listen(0, '127.0.0.1')
  return { server: app.getHttpServer(), stop: () => app.close() }
}

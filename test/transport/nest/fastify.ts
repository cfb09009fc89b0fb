import type { IncomingMessage } from 'node:http'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import type { FastifyRequest } from 'fastify'
import { csrf } from '../../../src/adapters/nest.ts'
import { formFields } from '../form-fields.ts'
import type { House, Running } from '../suite.ts'
import { rootOf } from './application.ts'

export async function startOnFastify(house: House): Promise<Running> {
  const platform = new FastifyAdapter({ forceCloseConnections: true })
  platform.getInstance().addContentTypeParser(/^multipart\/form-data/, async ({ headers }: FastifyRequest, body: IncomingMessage) => {
    return formFields(body, headers['content-type'])
  })
  const options = { logger: false, abortOnError: false } as const
  const app = await NestFactory.create<NestFastifyApplication>(rootOf(house), platform, options)
  app.useGlobalGuards(csrf())
  await app.listen(0, '127.0.0.1')
  return { server: app.getHttpServer(), stop: () => app.close() }
}

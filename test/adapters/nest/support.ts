import { NestFactory } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import type { INestApplication, LoggerService, ModuleMetadata } from '@nestjs/common'
import { onTestFinished } from 'vitest'
import { moduleOf } from '../../transport/nest/decorated.ts'
import { portOf } from '../node/support.ts'
import type { Served } from '../node/support.ts'

export type Platform = 'express' | 'fastify'

export const PLATFORMS: readonly Platform[] = ['express', 'fastify']

export interface Application extends Served {
  readonly app: INestApplication
}

/** Makes an application that does not listen yet. */
export async function makeNest(
  platform: Platform,
  root: ModuleMetadata | ReturnType<typeof moduleOf>,
  logger: LoggerService | false = false,
): Promise<INestApplication> {
  const adapter = platform === 'express' ? new ExpressAdapter() : new FastifyAdapter({ forceCloseConnections: true })
  return NestFactory.create(typeof root === 'function' ? root : moduleOf(root), adapter, { logger, abortOnError: false })
}

/** Serves an application until the test is over. */
export async function serveNest(
  platform: Platform,
  root: ModuleMetadata | ReturnType<typeof moduleOf>,
  { logger = false, prepare }: { readonly logger?: LoggerService | false; readonly prepare?: (app: INestApplication) => void } = {},
): Promise<Application> {
  const app = await makeNest(platform, root, logger)
  prepare?.(app)
  await app.listen(0, '127.0.0.1')
  const server = app.getHttpServer()
  onTestFinished(async () => {
    server.closeAllConnections()
    await app.close()
  })
  return { app, server, port: portOf(server) }
}

/** A logger that keeps what is told as an error. */
export class Notes implements LoggerService {
  readonly errors: unknown[] = []

  log(): void {}

  warn(): void {}

  error(...told: readonly unknown[]): void {
    this.errors.push(told[0])
  }
}

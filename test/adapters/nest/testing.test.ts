import { createRequire } from 'node:module'
import type { INestApplication, Type } from '@nestjs/common'
import { expect, it } from 'vitest'
import { FakeManager } from '../node/fake-open-session.ts'
import { ask, portOf } from '../node/support.ts'
import { installNest11, useNest11 } from '../../support/nest-11.ts'

interface Building {
  overrideProvider(token: unknown): { useValue(value: unknown): Building }
  compile(): Promise<{ createNestApplication(): INestApplication }>
}

// `@nestjs/testing` is there for NestJS 11.
await useNest11()
const { SessionModule } = await import('../../../src/adapters/nest.ts')
const { SessionManager } = await import('../../../src/manager/session-manager.ts')
const { moduleOf } = await import('../../transport/nest/decorated.ts')

it('a manager that a test binds in the place of SessionManager is the one that is mounted', async () => {
  const { Test }: { Test: { createTestingModule(metadata: { imports: Type[] }): Building } } = createRequire(`${await installNest11()}/`)(
    '@nestjs/testing',
  )
  const [real, other] = [new FakeManager(), new FakeManager()]
  const root = moduleOf({ imports: [SessionModule.forRoot({ manager: real })] })
  const module = await Test.createTestingModule({ imports: [root] })
    .overrideProvider(SessionManager)
    .useValue(other)
    .compile()
  const app = module.createNestApplication()
  app.useLogger(false)
  await app.listen(0, '127.0.0.1')
  await ask({ server: app.getHttpServer(), port: portOf(app.getHttpServer()) })
  await app.close()
  expect([real.opened.length, other.opened.length]).toEqual([0, 1])
})

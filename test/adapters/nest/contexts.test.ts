import { UseGuards, UseInterceptors } from '@nestjs/common'
import { ExternalContextCreator } from '@nestjs/core'
import { expect, it } from 'vitest'
import { csrf, logout, ownPages, requireFresh, Session, SessionModule } from '../../../src/adapters/nest.ts'
import { controllerOf } from '../../transport/nest/decorated.ts'
import type { Route } from '../../transport/nest/decorated.ts'
import { FakeManager } from '../node/fake-open-session.ts'
import { makeNest } from './support.ts'

const ROUTES: readonly (readonly [string, Route])[] = [
  ['csrf', { decorators: [UseGuards(csrf())], handle: () => 'let in' }],
  ['requireFresh', { decorators: [UseGuards(requireFresh())], handle: () => 'let in' }],
  ['ownPages', { decorators: [UseGuards(ownPages())], handle: () => 'let in' }],
  ['logout', { decorators: [UseInterceptors(logout())], handle: () => 'let in' }],
  ['Session', { decorators: [], parameters: [Session()], handle: () => 'let in' }],
]

/** Calls each method as a gateway or a resolver is called, through what GraphQL modules use for that, and gives what came of it. */
async function callAll(contextType: 'graphql' | 'ws'): Promise<string[]> {
  const Handlers = controllerOf(ROUTES.map(([, route]) => route))
  const app = await makeNest('express', { imports: [SessionModule.forRoot({ manager: new FakeManager() })], providers: [Handlers] })
  await app.init()
  const [creator, instance] = [app.get(ExternalContextCreator), app.get(Handlers)]
  const paramsFactory = { exchangeKeyForValue: () => undefined }
  const answers = ROUTES.map(async (_, index) => {
    const name = `route${index}`
    const options = { guards: true, interceptors: true, filters: false }
    const call = creator.create<Record<string, never>, 'graphql' | 'ws'>(
      instance,
      Reflect.get(instance, name),
      name,
      '__routeArguments__',
      paramsFactory,
      undefined,
      undefined,
      options,
      contextType,
    )
    return String(await call({}, {}, {}).catch((error: unknown) => error))
  })
  const told = await Promise.all(answers)
  await app.close()
  return told
}

it('in a gateway each part says by its name that it is for HTTP, and what to do instead', async () => {
  const told = await callAll('ws')
  for (const [at, [name]] of ROUTES.entries()) {
    expect(told[at]).toContain(`Option '${name}': it is for handlers of HTTP requests, and this is a 'ws' context.`)
    expect(told[at]).toContain('readSession()')
  }
})

it('in a resolver of GraphQL it says where the session is', async () => {
  const told = await callAll('graphql')
  for (const [at, [name]] of ROUTES.entries()) {
    expect(told[at]).toContain(`Option '${name}': it is for handlers of HTTP requests, and this is a 'graphql' context.`)
    expect(told[at]).toContain('the request in the context of the resolver')
  }
})

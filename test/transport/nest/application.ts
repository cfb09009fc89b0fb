import { Readable } from 'node:stream'
import {
  Get,
  Header,
  Headers,
  HttpCode,
  NotFoundException,
  Post,
  Redirect,
  Res,
  StreamableFile,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common'
import type { Type } from '@nestjs/common'
import { logout, requireFresh, Session, SessionModule } from '../../../src/adapters/nest.ts'
import type { House } from '../suite.ts'
import { controllerOf, moduleOf } from './decorated.ts'
import type { Route } from './decorated.ts'

/** What the responses of both platforms have in common. */
interface Reply {
  status(code: number): unknown
  header(name: string, value: string | string[]): unknown
}

const METHODS = { get: Get, post: Post }

/** The application of the transport suite: a root module. The platform and the global guard are `main`'s. */
export function rootOf(house: House): Type<object> {
  const staff = house.staff === undefined ? [] : [SessionModule.forRoot({ manager: house.staff, as: 'staff' })]
  return moduleOf({
    imports: [SessionModule.forRoot({ manager: house.sessions, ...house.options }), ...staff],
    controllers: [controllerOf([...textRoutes(house), ...otherRoutes(house), ...streamRoutes(house)])],
  })
}

function textRoutes({ texts }: House): Route[] {
  return texts.map(({ method, path, answer, status }) => ({
    decorators: [METHODS[method](path), HttpCode(status)],
    parameters: [Session()],
    handle: (visitor: Session) => answer(visitor),
  }))
}

function streamRoutes(house: House): Route[] {
  const stream = (path: string, chunks: (visitor: Session) => AsyncIterable<string>): Route => ({
    decorators: [Get(path)],
    parameters: [Session()],
    handle: async (visitor: Session) => {
      await house.count(visitor)
      return new StreamableFile(Readable.from(chunks(visitor)))
    },
  })
  return [stream('/stream', (visitor) => house.chunks(visitor)), stream('/broken-stream', () => house.brokenChunks())]
}

function otherRoutes(house: House): Route[] {
  return [
    {
      decorators: [Get('/form'), Header('content-type', 'text/html')],
      parameters: [Session()],
      handle: (visitor: Session) => house.form(visitor),
    },
    {
      decorators: [Post('/login'), Redirect('/home')],
      parameters: [Session()],
      handle: (visitor: Session) => house.login(visitor),
    },
    { decorators: [Post('/logout'), UseInterceptors(logout({ redirect: '/home' }))], handle: () => undefined },
    {
      decorators: [Get('/loop')],
      parameters: [Session(), Headers('cookie')],
      handle: (visitor: Session, cookie?: string) => house.loop(visitor, cookie),
    },
    {
      decorators: [Get('/refuse')],
      parameters: [Session()],
      handle: async (visitor: Session) => {
        await house.count(visitor)
        throw new NotFoundException()
      },
    },
    {
      decorators: [Get('/same')],
      parameters: [Session(), Headers('if-none-match'), Res({ passthrough: true })],
      handle: async (visitor: Session, known: string | undefined, reply: Reply) => {
        await house.count(visitor)
        reply.header('etag', '"same"')
        if (known !== '"same"') return 'same'
        reply.status(304)
        return undefined
      },
    },
    {
      decorators: [Get('/cookies')],
      parameters: [Session(), Res({ passthrough: true })],
      handle: (visitor: Session, reply: Reply) => {
        reply.header('set-cookie', ['a=1', 'b=2'])
        return house.count(visitor)
      },
    },
    { decorators: [Get('/fresh'), UseGuards(requireFresh({ withinSeconds: 300 }))], handle: () => 'fresh' },
    {
      decorators: [Get('/exempt')],
      parameters: [Session()],
      handle: (visitor?: Session) => (visitor === undefined ? 'none' : 'some'),
    },
    {
      decorators: [Get('/both')],
      parameters: [Session(), Session('staff')],
      handle: (visitor: Session, staff: Session) => house.both(visitor, staff),
    },
  ]
}

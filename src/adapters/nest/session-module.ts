import { Inject, Module } from '@nestjs/common'
import type { DynamicModule, InjectionToken, MiddlewareConsumer, NestModule, OnApplicationShutdown, Provider } from '@nestjs/common'
import { SessionManager } from '../../manager/session-manager.ts'
import { SessionError } from '../../session/errors.ts'
import { knownFields, shown } from '../../session/option-check.ts'
import type { DefaultData } from '../../session/path-types.ts'
import type { SessionOpener } from '../node/passage.ts'
import { Mounting } from './mounting.ts'
import type { SessionModuleAsyncOptions, SessionModuleOptions, SessionModuleSettings } from './options.ts'
import { mountOn } from './platforms.ts'

/**
 * The token under which a manager is injected: the class `SessionManager` itself, and for one that is mounted under another name (`as`) a token of that name, as in
 * `@Inject(sessionManagerToken('staff'))`.
 */
export function sessionManagerToken(as = 'session'): InjectionToken {
  return as === 'session' ? SessionManager : Symbol.for(`holdfast.manager.${as}`)
}

/**
 * Gives each request of a Nest application its session, and stores it before the first byte of the response: import it once, into the root module. It is global, and makes
 * the `SessionManager` injectable. It mounts itself for all routes, on Express and on Fastify: behind the parsers of bodies, before guards, interceptors and handlers.
 *
 * A status of 500 or more stores nothing. When the session cannot be opened or stored, exception filters get a `SessionException`.
 */
export class SessionModule implements NestModule, OnApplicationShutdown {
  readonly #mounting: Mounting
  readonly #manager: SessionOpener

  constructor(mounting: Mounting, manager: SessionOpener) {
    this.#mounting = mounting
    this.#manager = manager
  }

  /** @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown or cannot work. */
  static forRoot<Data extends object = DefaultData>(options: SessionModuleOptions<Data>): DynamicModule {
    const check = new Mounting(options)
    return definitionOf(check.as, { provide: Mounting, useFactory: () => new Mounting(options) })
  }

  /**
   * The same with options that a factory makes of what is injected. What cannot work in those is thrown when the application is made.
   * @throws {SessionError} `ERR_SESSION_CONFIG` for an option beside the factory that is unknown or cannot work.
   */
  static forRootAsync<Data extends object = DefaultData>(options: SessionModuleAsyncOptions<Data>): DynamicModule {
    knownFields('session', options, ['as', 'imports', 'inject', 'useFactory'])
    const { as, imports = [], inject = [], useFactory } = options
    if (typeof useFactory !== 'function')
      throw SessionError.config('session.useFactory', `must be a function that gives options, not ${shown(useFactory)}.`)
    const make = async (...injected: unknown[]): Promise<Mounting<Data>> => {
      const settings: SessionModuleSettings<Data> = await Reflect.apply(useFactory, undefined, injected)
      return new Mounting({ ...settings, as })
    }
    return { ...definitionOf(as, { provide: Mounting, inject, useFactory: make }), imports }
  }

  /** Mounts the session: Nest calls it. */
  configure(consumer: MiddlewareConsumer): void {
    mountOn(consumer, this.#mounting, this.#manager)
  }

  /** Closes the manager, if the module has made it: Nest calls it when the server is closed. */
  async onApplicationShutdown(): Promise<void> {
    await this.#mounting.close()
  }
}

const MANAGER = Symbol('holdfast.manager')

// The module itself asks for the manager by its token: a test that binds another one there has it mounted.
function definitionOf(as: string | undefined, mounting: Provider): DynamicModule {
  const token = sessionManagerToken(as)
  const manager = { provide: token, inject: [Mounting], useFactory: (made: Mounting) => made.manager() }
  return { module: SessionModule, global: true, providers: [mounting, manager, { provide: MANAGER, useExisting: token }], exports: [token] }
}

Module({})(SessionModule)
Inject(Mounting)(SessionModule, undefined, 0)
Inject(MANAGER)(SessionModule, undefined, 1)

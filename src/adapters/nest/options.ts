import type { InjectionToken, ModuleMetadata, OptionalFactoryDependency } from '@nestjs/common'
import type { SessionManagerOptions } from '../../manager/options.ts'
import type { DefaultData } from '../../session/path-types.ts'
import type { FrameworkOptions } from '../node/framework.ts'
import type { SessionOpener } from '../node/passage.ts'

/** What requests of Express and of Fastify have in common. */
export interface NestRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly query: unknown
}

/** How requests get their sessions. `concurrency` may be a function of the platform's request, and `as` is a property of it. */
export interface SessionModuleOptions<Data extends object = DefaultData> extends FrameworkOptions<NestRequest> {
  /** The `SessionManager`, which stays yours to close; or the options of one, which the module makes, and closes when the application has shut down. */
  readonly manager: SessionOpener | SessionManagerOptions<Data>
}

/** What a factory makes: all but the name, which is needed before it runs. */
export type SessionModuleSettings<Data extends object = DefaultData> = Omit<SessionModuleOptions<Data>, 'as'>

/** Options that are made of what is injected. */
export interface SessionModuleAsyncOptions<Data extends object = DefaultData> {
  /** Modules that export what is injected. Default: none; what global modules export is there. */
  readonly imports?: NonNullable<ModuleMetadata['imports']> | undefined
  /** What `useFactory` is given, in this order. Default: nothing. */
  readonly inject?: (InjectionToken | OptionalFactoryDependency)[] | undefined
  /** Makes the options, or a promise of them. */
  readonly useFactory: (...injected: never[]) => SessionModuleSettings<Data> | Promise<SessionModuleSettings<Data>>
  /** The property of the request that has the session: for a second one, of another manager, beside the first. Default: `session`. */
  readonly as?: string | undefined
}

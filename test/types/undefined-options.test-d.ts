import type { FastifySessionOptions } from '../../src/adapters/fastify.ts'
import type { FetchReadOptions, FetchSessionOptions } from '../../src/adapters/fetch.ts'
import type { SessionModuleAsyncOptions } from '../../src/adapters/nest.ts'
import type { NextActionOptions, NextReadOptions, NextSessionOptions } from '../../src/adapters/next.ts'
import type { CloseOnSignalsOptions, SessionOptions } from '../../src/adapters/node.ts'
import type { PassportOptions } from '../../src/adapters/passport.ts'
import type { ReactRouterSessionOptions, SessionStorageOptions } from '../../src/adapters/react-router.ts'
import type { LogoutActionOptions, SvelteKitSessionOptions } from '../../src/adapters/sveltekit.ts'
import type { CreateOptions, DatabaseConfig, DriverFactoryOptions, FileConfig, RedisConfig, SessionConfig } from '../../src/config/index.ts'
import { defineSessionConfig } from '../../src/config/index.ts'
import type { DatabaseDriverOptions } from '../../src/drivers/database/database-driver.ts'
import type { FileDriverOptions } from '../../src/drivers/file/file-driver.ts'
import type { MemoryDriverOptions } from '../../src/drivers/memory.ts'
import type { RedisDriverOptions } from '../../src/drivers/redis/redis-driver.ts'
import type { CookieOptions } from '../../src/http/cookie-options.ts'
import type { CsrfOptions } from '../../src/http/csrf-options.ts'
import type { FreshOptions } from '../../src/http/fresh.ts'
import type { LogoutOptions } from '../../src/http/logout.ts'
import type { OwnPagesOptions } from '../../src/http/own-pages.ts'
import type { FromExpressStoreOptions, FromUnstorageOptions, ToExpressStoreOptions } from '../../src/interop/index.ts'
import type { BindingOptions, LifetimeOptions, LockOptions, SessionManagerOptions, UserLimitOptions } from '../../src/manager/options.ts'
import type { ListSessionsOptions } from '../../src/manager/owners.ts'
import type { StartOptions } from '../../src/manager/session-manager.ts'
import type { ConnectSidOptions, IronSessionOptions, MoveInOptions } from '../../src/move-in/index.ts'
import type { EncryptedSerializerOptions } from '../../src/serializers/encrypted.ts'
import type { NativeSerializerOptions } from '../../src/serializers/native.ts'
import type { RegenerateOptions, SaveOptions, WatchOptions } from '../../src/session/session-lifecycle.ts'
import type { TestClientOptions, TestRequest, TestSessionOptions } from '../../src/testing/index.ts'

/** The options that may be left out, and yet may not be `undefined` under `exactOptionalPropertyTypes`. */
type Strict<Options> = {
  [Name in keyof Options]-?: Partial<Pick<Options, Name>> extends Pick<Options, Name>
    ? { readonly [Same in Name]?: undefined } extends Pick<Options, Name>
      ? never
      : Name
    : never
}[keyof Options]

declare function takeUndefined<Options>(...strict: [Strict<Options>] extends [never] ? [] : [Strict<Options>]): void

interface Data {
  visits: number
}

// What a variable of the environment may leave open can be handed over as it is.
takeUndefined<SessionManagerOptions<Data>>()
takeUndefined<LifetimeOptions>()
takeUndefined<LockOptions>()
takeUndefined<BindingOptions>()
takeUndefined<UserLimitOptions>()
takeUndefined<CookieOptions>()
takeUndefined<StartOptions>()
takeUndefined<RegenerateOptions>()
takeUndefined<SaveOptions>()
takeUndefined<WatchOptions>()
takeUndefined<FileDriverOptions>()
takeUndefined<MemoryDriverOptions>()
takeUndefined<RedisDriverOptions>()
takeUndefined<DatabaseDriverOptions>()
takeUndefined<EncryptedSerializerOptions>()
takeUndefined<NativeSerializerOptions>()
takeUndefined<CsrfOptions>()
takeUndefined<FreshOptions>()
takeUndefined<LogoutOptions>()
takeUndefined<OwnPagesOptions>()
takeUndefined<SessionOptions>()
takeUndefined<CloseOnSignalsOptions>()
takeUndefined<FetchSessionOptions>()
takeUndefined<FetchReadOptions>()
takeUndefined<FastifySessionOptions>()
takeUndefined<SessionModuleAsyncOptions<Data>>()
takeUndefined<NextSessionOptions>()
takeUndefined<NextReadOptions>()
takeUndefined<NextActionOptions>()
takeUndefined<ReactRouterSessionOptions>()
takeUndefined<SessionStorageOptions>()
takeUndefined<SvelteKitSessionOptions>()
takeUndefined<LogoutActionOptions>()
takeUndefined<PassportOptions>()
takeUndefined<SessionConfig>()
takeUndefined<FileConfig>()
takeUndefined<DatabaseConfig>()
takeUndefined<RedisConfig>()
takeUndefined<CreateOptions>()
takeUndefined<DriverFactoryOptions>()
takeUndefined<ToExpressStoreOptions>()
takeUndefined<FromExpressStoreOptions>()
takeUndefined<FromUnstorageOptions>()
takeUndefined<ConnectSidOptions>()
takeUndefined<IronSessionOptions>()
takeUndefined<MoveInOptions>()
takeUndefined<TestClientOptions>()
takeUndefined<TestRequest>()
takeUndefined<TestSessionOptions>()

defineSessionConfig({ driver: process.env['DRIVER'], redis: { url: process.env['URL'] }, cookie: { domain: process.env['DOMAIN'] } })

// A user who is not known is no wish to see everybody's sessions.
takeUndefined<ListSessionsOptions>('userId')
// @ts-expect-error the user must be known, or left out
takeUndefined<ListSessionsOptions>()

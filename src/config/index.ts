/**
 * Sessions by configuration: a file, the environment, and the drivers that they name.
 * @module
 */
export { configText } from './config-text.ts'
export type { ConfigFormat } from './config-text.ts'
export { createDriver, createSessionManager } from './create.ts'
export type { CreateOptions, CreatedDriver } from './create.ts'
export { DriverFactory } from './driver-factory.ts'
export type { DriverConfigs, DriverFactoryOptions, DriverMaker } from './driver-factory.ts'
export { lifetimeOf } from './driver-lifetime.ts'
export { loadSessionConfig } from './load.ts'
export type { LoadOptions, LoadedConfig } from './load.ts'
export type {
  AdapterConfig,
  Connection,
  Connections,
  CookieConfig,
  DatabaseConfig,
  DriverName,
  FileConfig,
  MemoryConfig,
  RedisConfig,
  SessionConfig,
} from './session-config.ts'
export { defineSessionConfig } from './spellings.ts'
export type { FrameworkCookie, SeedSpelling, SessionConfigInput } from './spellings.ts'

export { AttributeBag } from './session/attribute-bag.ts'
export type { AttributeBagOptions } from './session/attribute-bag.ts'
export { CsrfError, SessionError, SessionLockError, isSessionError } from './session/errors.ts'
export type { SessionErrorCode } from './session/errors.ts'
export { FlashBag } from './session/flash-bag.ts'
export type { FlashBagOptions } from './session/flash-bag.ts'
export type { SessionId, StoreKey } from './session/id.ts'
export { MetadataBag } from './session/metadata-bag.ts'
export type { MetadataBagOptions } from './session/metadata-bag.ts'
export type { SessionLifetime } from './session/own-lifetime.ts'
export type { DefaultData, NumberPath, Path, PathInput, PathValue, PathValueOr, SessionData } from './session/path-types.ts'
export type { SessionBag, WriteGuard } from './session/session-bag.ts'
export type { Session } from './session/session.ts'
export type { RegenerateOptions, SaveOptions, SessionEnd, WatchOptions } from './session/session-lifecycle.ts'
export type { AnyData, Concurrency } from './session/session-state.ts'
export type * from './contracts/driver.ts'
export type * from './contracts/events.ts'
export type * from './contracts/serializer.ts'
export type * from './contracts/surveying-driver.ts'
export { NativeSerializer } from './serializers/native.ts'
export type { NativeSerializerOptions } from './serializers/native.ts'
export type { CookieOptions, CookieSettings } from './http/cookie-options.ts'
export type { CookieForm, CookiePolicy } from './http/cookie.ts'
export { csrfField, csrfMeta, csrfToken } from './http/csrf-words.ts'
export type { TokenSource } from './http/csrf-words.ts'
export type { CloseOptions } from './manager/close-options.ts'
export type { Committed, OpenRequest, OpenSession } from './manager/open-session.ts'
export type { ListSessionsOptions, OwnedSession, RevokeOptions, SessionList, SessionSummary } from './manager/owners.ts'
export type {
  BindingAction,
  BindingOptions,
  LifetimeOptions,
  LockOptions,
  SessionManagerOptions,
  UserLimitOptions,
} from './manager/options.ts'
export type { KeyUsage, ResealOptions } from './manager/resealing.ts'
export { SessionManager } from './manager/session-manager.ts'
export type { StartOptions } from './manager/session-manager.ts'

/**
 * Others' stores as drivers, and our drivers as others' stores.
 * @module
 */
export { fromExpressStore } from './from-express-store.ts'
export type { CallbackStore, ForeignSession, FromExpressStoreOptions, ListedCallbackStore } from './from-express-store.ts'
export { fromUnstorage } from './from-unstorage.ts'
export type { FromUnstorageOptions, ItemStorage } from './from-unstorage.ts'
export type { SingleProcess } from './single-process.ts'
export { toExpressStore } from './to-express-store.ts'
export type { ExpressStore, KoaContextOptions, StoredJson } from './to-express-store.ts'
export type { ExpressRequest, Generate } from './express-session-classes.ts'
export type { StoreEvents } from './store-events.ts'
export type { StoredSession, ToExpressStoreOptions } from './store-house.ts'

import { createStorage } from 'unstorage'
import { fromExpressStore, fromUnstorage } from '../../src/interop/index.ts'
import type { CallbackStore, ListedCallbackStore } from '../../src/interop/index.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'

declare const store: CallbackStore
declare const listed: ListedCallbackStore

// That there is no lock is said by the type.
const promise = { assumeSingleProcess: true } as const
const driver = fromExpressStore(store, promise)
export const exclusive: SessionManager = new SessionManager({ driver, concurrency: 'exclusive' })
export const onStorage: SessionManager = new SessionManager({ driver: fromUnstorage(createStorage(), promise), concurrency: 'exclusive' })
// @ts-expect-error nobody promised that there is one process
fromExpressStore(store, {})
// @ts-expect-error nobody promised that there is one process
fromUnstorage(createStorage())
// @ts-expect-error it is promised, or it is not
fromExpressStore(store, { assumeSingleProcess: false })

// Only a store that can say what it has gives a driver that lists.
void fromExpressStore(listed, promise).list()
// @ts-expect-error this one may not list
void driver.list()

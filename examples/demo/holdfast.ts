// The demo runs from the sources of this repository, without a build. In your application the same names come from the package;
// behind each line is what to import them from.
export { csrfField, csrfMeta, isSessionError, SessionManager } from '../../src/index.ts' // 'holdfast'
export type { LockingDriver, Session, SessionDriver, SessionSummary, StoreKey, StoredRecord } from '../../src/index.ts' // 'holdfast'
export { DatabaseDriver } from '../../src/drivers/database/database-driver.ts' // 'holdfast/database'
export { FileDriver } from '../../src/drivers/file/file-driver.ts' // 'holdfast/file'
export { RedisDriver } from '../../src/drivers/redis/redis-driver.ts' // 'holdfast/redis'
export { EncryptedSerializer } from '../../src/serializers/encrypted.ts' // 'holdfast/encryption'
export { csrf, requireFresh, session } from '../../src/adapters/express.ts' // 'holdfast/express'

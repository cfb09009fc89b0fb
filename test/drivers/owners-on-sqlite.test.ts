import { DatabaseStore } from '../../src/drivers/database/database-store.ts'
import { beforeNextCall } from '../support/owners-hooks.ts'
import { ownersSuite } from '../support/owners-suite.ts'
import { sqliteStore } from '../support/stores/sqlite.ts'

ownersSuite('DatabaseDriver over node:sqlite', sqliteStore, {
  betweenLookAndWrite: (step, hook) => beforeNextCall(DatabaseStore.prototype, step, hook),
})

import { DatabaseStore } from '../../src/drivers/database/database-store.ts'
import { describeNeeding } from '../support/needs.ts'
import { beforeNextCall } from '../support/owners-hooks.ts'
import { ownersSuite } from '../support/owners-suite.ts'
import { postgresStores } from '../support/stores/postgres.ts'

describeNeeding('postgres', 'on PostgreSQL', () => {
  ownersSuite('DatabaseDriver over pg', postgresStores(), {
    takesUpInOrder: false,
    betweenLookAndWrite: (step, hook) => beforeNextCall(DatabaseStore.prototype, step, hook),
  })
})

import { DatabaseStore } from '../../src/drivers/database/database-store.ts'
import { describeNeeding } from '../support/needs.ts'
import { beforeNextCall } from '../support/owners-hooks.ts'
import { ownersSuite } from '../support/owners-suite.ts'
import { mariaDbStores } from '../support/stores/mariadb.ts'

describeNeeding('mariadb', 'on MariaDB', () => {
  ownersSuite('DatabaseDriver over mysql2', mariaDbStores(), {
    takesUpInOrder: false,
    betweenLookAndWrite: (step, hook) => beforeNextCall(DatabaseStore.prototype, step, hook),
  })
})

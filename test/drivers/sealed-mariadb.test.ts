import { describeNeeding } from '../support/needs.ts'
import { sealedSuite } from '../support/sealed-suite.ts'
import { mariaDbStores } from '../support/stores/mariadb.ts'

describeNeeding('mariadb', 'on MariaDB', () => {
  sealedSuite('DatabaseDriver over mysql2', mariaDbStores())
})

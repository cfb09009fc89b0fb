import { mergeSuite } from '../support/merge-suite.ts'
import { describeNeeding } from '../support/needs.ts'
import { mariaDbStores } from '../support/stores/mariadb.ts'

describeNeeding('mariadb', 'on MariaDB', () => mergeSuite('DatabaseDriver over mysql2', mariaDbStores()))

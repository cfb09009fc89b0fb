import { describeNeeding } from '../../support/needs.ts'
import { mariaDbStores } from '../../support/stores/mariadb.ts'
import { storedTests } from './stored-tests.ts'

describeNeeding('mariadb', 'on MariaDB', () => {
  storedTests('MariaDB', mariaDbStores())
})

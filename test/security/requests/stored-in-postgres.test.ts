import { describeNeeding } from '../../support/needs.ts'
import { postgresStores } from '../../support/stores/postgres.ts'
import { storedTests } from './stored-tests.ts'

describeNeeding('postgres', 'on PostgreSQL', () => {
  storedTests('PostgreSQL', postgresStores())
})

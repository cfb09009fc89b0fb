import { describeNeeding } from '../support/needs.ts'
import { sealedSuite } from '../support/sealed-suite.ts'
import { postgresStores } from '../support/stores/postgres.ts'

describeNeeding('postgres', 'on PostgreSQL', () => {
  sealedSuite('DatabaseDriver over pg', postgresStores())
})

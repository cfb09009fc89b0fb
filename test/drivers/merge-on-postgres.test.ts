import { mergeSuite } from '../support/merge-suite.ts'
import { describeNeeding } from '../support/needs.ts'
import { postgresStores } from '../support/stores/postgres.ts'

describeNeeding('postgres', 'on PostgreSQL', () => mergeSuite('DatabaseDriver over pg', postgresStores()))

import { mergeSuite } from '../support/merge-suite.ts'
import { sqliteStore } from '../support/stores/sqlite.ts'

mergeSuite('DatabaseDriver over node:sqlite', sqliteStore)

import { sealedSuite } from '../support/sealed-suite.ts'
import { sqliteStore } from '../support/stores/sqlite.ts'

sealedSuite('DatabaseDriver over node:sqlite', sqliteStore)

import { sqliteStore } from '../../support/stores/sqlite.ts'
import { storedTests } from './stored-tests.ts'

storedTests('SQLite', sqliteStore)

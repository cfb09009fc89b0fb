import { movedStores } from '../../support/moved-stores.ts'
import { sessionSuites } from './suites.ts'

sessionSuites('memory', movedStores.memory)

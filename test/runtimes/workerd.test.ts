import { workerSuite } from './runtime-suite.ts'

workerSuite({ cases: 28 })

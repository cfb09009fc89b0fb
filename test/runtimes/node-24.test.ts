import { runtimeSuite } from './runtime-suite.ts'
import { serveSuite } from './serve-suite.ts'

runtimeSuite('node-24', { cases: 44 })
serveSuite('node-24', ['Express'])

import { runtimeSuite } from './runtime-suite.ts'
import { serveSuite } from './serve-suite.ts'
import { transportOn } from './transport-on.ts'

runtimeSuite('node-22', { cases: 44 })
serveSuite('node-22', ['Express'])
transportOn('node-22', 39)

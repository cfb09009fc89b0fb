import { runtimeSuite } from './runtime-suite.ts'
import { serveSuite } from './serve-suite.ts'
import { transportOn } from './transport-on.ts'

runtimeSuite('node-26', { cases: 44 })
serveSuite('node-26', ['Express'])
transportOn('node-26', 39)

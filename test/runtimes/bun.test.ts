import { runtimeSuite } from './runtime-suite.ts'
import { hangUpSuite, serveSuite } from './serve-suite.ts'
import { transportOn } from './transport-on.ts'

runtimeSuite('bun', { cases: 44 })
serveSuite('bun', ['fetch', 'Hono', 'h3', 'Elysia', 'Express'])
hangUpSuite('bun')
transportOn('bun', 39)

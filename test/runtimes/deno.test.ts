import { runtimeSuite } from './runtime-suite.ts'
import { hangUpSuite, serveSuite } from './serve-suite.ts'
import { transportOn } from './transport-on.ts'

runtimeSuite('deno', { cases: 44 })
serveSuite('deno', ['fetch', 'Hono', 'h3', 'Express'])
hangUpSuite('deno')
transportOn('deno', 39)

import { startOnFastify } from './nest/fastify.ts'
import { transportSuite } from './suite.ts'

transportSuite('NestJS 12 on Fastify', startOnFastify)

import { startOnExpress } from './nest/express.ts'
import { transportSuite } from './suite.ts'

transportSuite('NestJS 12 on Express', startOnExpress)

import { describeNeeding } from '../../support/needs.ts'
import { redisStores } from '../../support/stores/redis.ts'
import { socketSuite } from './socket-suite.ts'

describeNeeding('redis', 'with Redis', () => {
  socketSuite('Redis', redisStores())
})

import { describeNeeding } from '../support/needs.ts'
import { sealedSuite } from '../support/sealed-suite.ts'
import { redisStores } from '../support/stores/redis.ts'

describeNeeding('redis', 'on Redis', () => {
  sealedSuite('RedisDriver over node-redis', redisStores())
})

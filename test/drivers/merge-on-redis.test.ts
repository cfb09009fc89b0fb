import { mergeSuite } from '../support/merge-suite.ts'
import { describeNeeding } from '../support/needs.ts'
import { redisStores } from '../support/stores/redis.ts'

describeNeeding('redis', 'on Redis', () => mergeSuite('RedisDriver over node-redis', redisStores()))

import { describeNeeding } from '../../support/needs.ts'
import { redisStores } from '../../support/stores/redis.ts'
import { storedTests } from './stored-tests.ts'

describeNeeding('redis', 'on Redis', () => {
  storedTests('Redis', redisStores())
})

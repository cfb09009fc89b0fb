import { RedisStore } from '../../src/drivers/redis/redis-store.ts'
import { describeNeeding } from '../support/needs.ts'
import { beforeNextCall } from '../support/owners-hooks.ts'
import { ownersSuite } from '../support/owners-suite.ts'
import { redisStores } from '../support/stores/redis.ts'

describeNeeding('redis', 'on Redis', () => {
  ownersSuite('RedisDriver over node-redis', redisStores(), {
    moves: 100,
    betweenLookAndWrite: (step, hook) => beforeNextCall(RedisStore.prototype, step, hook),
  })
})

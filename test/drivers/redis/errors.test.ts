import { describe, expect, it } from 'vitest'
import { failureOf, withoutSecrets } from '../../../src/drivers/redis/redis-errors.ts'

const ID = '0123456789abcdef0123456789abcdef01234567'
const HASH = 'ab'.repeat(32)

describe('a message of a client or a server', () => {
  it('shows no id, whatever prefix is before it, and shows a hash', () => {
    expect(withoutSecrets(`ERR no route for session:${ID}`)).toBe('ERR no route for session:[hidden]')
    expect(withoutSecrets(`ERR no route for cache${ID}`)).toBe('ERR no route for cach[hidden]')
    expect(withoutSecrets(`ERR no route for session:${HASH}`)).toBe(`ERR no route for session:${HASH}`)
  })

  it('that has no words is told by its code: so an address that was tried in vain comes, where a name has several', () => {
    const error = Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' })
    expect(failureOf('refused', error)).toMatchObject({ message: 'ECONNREFUSED', code: 'ECONNREFUSED' })
    expect(failureOf('refused', new TypeError('')).message).toBe('TypeError')
  })
})

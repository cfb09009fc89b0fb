import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { type Answer, SqlFailure } from '../../../src/drivers/database/bridges/bridge.ts'
import { lendingOne, onConnection } from '../../../src/drivers/database/bridges/lending.ts'

setFlagsFromString('--expose_gc')
const collectGarbage = runInNewContext('gc') as () => void

const BOUND_MS = 80

describe('a single connection that does not answer', () => {
  it('keeps nothing of the statements that have given it up, and goes on with the next in line when it answers', async () => {
    const failure = new SqlFailure('unknown', 'other', 'lost', 'LOST')
    const lending = lendingOne({}, { failureOf: () => failure, refusalOf: () => failure })
    let answer = (): void => {}
    const stuck = onConnection(lending, BOUND_MS, () => new Promise((resolve) => (answer = () => resolve(answerWith(1)))))
    const { kept, givenUp } = waitInVain(lending)
    const results = await Promise.allSettled([stuck, ...givenUp])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    results.length = givenUp.length = 0
    await sleep(1)
    collectGarbage()
    expect(kept.map((one) => one.deref())).toEqual([undefined, undefined])
    const next = onConnection(lending, 100 * BOUND_MS, async () => answerWith(2))
    answer()
    expect(await next).toEqual(answerWith(2))
  })
})

/** Statements that come while the connection is lent, and what they hold. */
function waitInVain(lending: ReturnType<typeof lendingOne<object>>) {
  const payloads = [{ text: 'one' }, { text: 'two' }]
  const givenUp = payloads.map((payload) =>
    onConnection(lending, BOUND_MS, async () => ({ ...answerWith(0), rows: [{ text: payload.text }] })),
  )
  return { kept: payloads.map((payload) => new WeakRef(payload)), givenUp }
}

function answerWith(affected: number): Answer {
  return { rows: [], affected, insertId: 0 }
}

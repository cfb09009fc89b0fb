import { sameVersion } from '../../src/drivers/instants.ts'
import { type MarkAnswer, replaceInTwoSteps } from '../../src/drivers/replace.ts'
import { type Settled, UnknownOutcome, type WriteToSettle, answered, settleWrite } from '../../src/drivers/settle.ts'
import type { Protocol } from './shaky-driver.ts'

// The protocol without one of its mending sentences each: to show that it is needed, and that the tests see it.

/** `replace` takes a marker step that was not answered for one that was not made. */
export const withoutMarkReadBack: Partial<Protocol> = {
  replaceInTwoSteps: (steps) =>
    replaceInTwoSteps(steps, async (write) => {
      const answer = await unlessUnknown(write.send)
      return answer?.kind === 'written' ? { kind: 'answered', answer, again: false } : { kind: 'lost' }
    }),
}

/** `replace` destroys the new record also when the marker step was refused for its lease alone. */
export const withoutFence: Partial<Protocol> = {
  replaceInTwoSteps: (steps) => replaceInTwoSteps(steps, lostWhenRefused),
}

/** `revokeUser` is done after one list. */
export const withoutSecondPass: Partial<Protocol> = {
  revokeInPasses: async ({ raiseEpoch, list, destroy }) => {
    await answered('raise', raiseEpoch)
    const keys = await answered('list', list)
    for (const key of keys) await answered('destroy', () => destroy(key))
    return keys.length
  },
}

/** A login is not looked at again after its write. */
export const withoutEpoch: Partial<Protocol> = {
  writeUnderEpoch: async ({ write }) => ({ result: await write(), revoked: false }),
}

/** The refusal of an `update` that was sent before is taken for an answer. */
export const withoutDoubt: Partial<Protocol> = {
  settleUpdate: async (_key, from, { send, readBack, writeToken }) => {
    for (let sending = 0; sending < 3; sending++) {
      const answer = await unlessUnknown(send)
      if (answer !== undefined) return answer
      const found = await answered('update', readBack)
      if (found === undefined) return { kind: 'gone' }
      if (found.version.writeToken === writeToken) return { kind: 'written', version: found.version, expiresAt: found.expiresAt }
      if (!sameVersion(found.version, from)) return { kind: 'conflict' }
    }
    throw new Error('no answer')
  },
}

/** An `insert` without an answer is sent again under its key. */
export const withoutInsertOnce: Partial<Protocol> = {
  insertOnce: async (key, send, driver) => {
    const first = await unlessUnknown(send)
    if (first !== undefined) return first
    const found = await driver.read(key)
    if (found?.kind === 'record') return { version: found.record.version, expiresAt: found.record.expiresAt }
    return answered('insert', send)
  },
}

async function lostWhenRefused(write: WriteToSettle<MarkAnswer>): Promise<Settled<MarkAnswer>> {
  let isRefused = false
  const send = async (): Promise<MarkAnswer> => {
    isRefused = false
    const answer = await write.send()
    isRefused = answer.kind !== 'written'
    return answer
  }
  const settled = await settleWrite({ ...write, send }).catch((error: unknown) => (isRefused ? undefined : Promise.reject(error)))
  return settled === undefined || (settled.kind === 'answered' && isRefused) ? { kind: 'lost' } : settled
}

async function unlessUnknown<Answer>(send: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await send()
  } catch (error) {
    if (error instanceof UnknownOutcome) return undefined
    throw error
  }
}

import { describe, expect, it } from 'vitest'
import { type Epoch, revokeInPasses, writeUnderEpoch } from '../../src/drivers/revoke.ts'
import { UnknownOutcome } from '../../src/drivers/settle.ts'
import { newKey } from '../../src/testing/suite/records.ts'

const UNKNOWN = { code: 'ERR_SESSION_DRIVER_FAILED', cause: { name: 'UnknownOutcome' } }

const unknown = async (): Promise<never> => {
  throw new UnknownOutcome('step')
}

/** Calls the steps one after the other. */
function inTurn<Answer>(...steps: (() => Promise<Answer>)[]): () => Promise<Answer> {
  return () => {
    const step = steps.shift()
    if (step === undefined) throw new Error('called more often than the test foresees')
    return step()
  }
}

describe('revokeInPasses', () => {
  it('raises the epoch first, and lists until nothing is found', async () => {
    const calls: string[] = []
    const lists = [[newKey(), newKey()], [newKey()], []]
    const revoked = await revokeInPasses({
      raiseEpoch: async () => void calls.push('raise'),
      list: async () => {
        calls.push('list')
        return lists.shift() ?? []
      },
      destroy: async () => {
        calls.push('destroy')
        return { kind: 'record' }
      },
    })
    expect(revoked).toBe(3)
    expect(calls).toEqual(['raise', 'list', 'destroy', 'destroy', 'list', 'destroy', 'list'])
  })

  it('counts sessions, not markers nor what another has ended', async () => {
    const lists = [[newKey(), newKey(), newKey()], []]
    const destroy = inTurn<
      { kind: 'record' } | { kind: 'nothing' } | { kind: 'marker'; marker: { replacedAt: number; reason: 'rotation'; salt: string } }
    >(
      async () => ({ kind: 'nothing' }),
      async () => ({ kind: 'marker', marker: { replacedAt: 1, reason: 'rotation', salt: 'a' } }),
      async () => ({ kind: 'record' }),
    )
    expect(await revokeInPasses({ raiseEpoch: async () => undefined, list: async () => lists.shift() ?? [], destroy })).toBe(1)
  })

  it('makes one more pass for each missing answer', async () => {
    const key = newKey()
    const revoked = await revokeInPasses({
      raiseEpoch: inTurn<void>(unknown, async () => undefined),
      list: inTurn(
        unknown,
        async () => [key],
        async () => [key],
        async () => [],
      ),
      destroy: inTurn<{ kind: 'record' }>(unknown, async () => ({ kind: 'record' })),
    })
    expect(revoked).toBe(1)
  })

  it('fails when the store does not answer, rather than call it done', async () => {
    await expect(revokeInPasses({ raiseEpoch: unknown, list: async () => [], destroy: unknown })).rejects.toMatchObject(UNKNOWN)
    const broken = { raiseEpoch: async () => undefined, list: () => Promise.reject(new Error('disk full')), destroy: unknown }
    await expect(revokeInPasses(broken)).rejects.toThrow('disk full')
  })

  it('fails when sessions are found for ever', async () => {
    const endless = { raiseEpoch: async () => undefined, list: async () => [newKey()], destroy: async () => ({ kind: 'nothing' }) as const }
    await expect(revokeInPasses(endless)).rejects.toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED' })
  })
})

describe('writeUnderEpoch', () => {
  function login(epochs: (() => Promise<Epoch>)[], handle = 'mine', isWritten = true) {
    const undone: true[] = []
    const steps = {
      readEpoch: inTurn(...epochs),
      write: async () => 'answer',
      wasWritten: () => isWritten,
      undo: async () => void undone.push(true),
      handle,
    }
    return { written: writeUnderEpoch(steps), undone }
  }
  const at = (counter: number, exceptHandle?: string) => async (): Promise<Epoch> => ({ counter, exceptHandle })

  it('leaves a login alone while nobody revokes', async () => {
    const { written, undone } = login([at(3), at(3)])
    await expect(written).resolves.toEqual({ result: 'answer', revoked: false })
    expect(undone).toEqual([])
  })

  it('removes a login when its user was revoked meanwhile', async () => {
    const { written, undone } = login([at(3), at(4)])
    await expect(written).resolves.toEqual({ result: 'answer', revoked: true })
    expect(undone).toEqual([true])
  })

  it('leaves the session that a revocation leaves, if it was the only one meanwhile', async () => {
    await expect(login([at(3), at(4, 'mine')]).written).resolves.toMatchObject({ revoked: false })
    await expect(login([at(3), at(4, 'another')]).written).resolves.toMatchObject({ revoked: true })
    await expect(login([at(3), at(5, 'mine')]).written).resolves.toMatchObject({ revoked: true })
  })

  it('removes nothing when nothing was written', async () => {
    const { written, undone } = login([at(3)], 'mine', false)
    await expect(written).resolves.toEqual({ result: 'answer', revoked: false })
    expect(undone).toEqual([])
  })

  it('asks again when the epoch is not answered, and removes the login when nobody can say', async () => {
    await expect(login([at(3), unknown, unknown, at(3)]).written).resolves.toMatchObject({ revoked: false })
    const silent = login([at(3), unknown, unknown, unknown])
    await expect(silent.written).rejects.toMatchObject(UNKNOWN)
    expect(silent.undone).toEqual([true])
    await expect(login([unknown]).written).rejects.toMatchObject(UNKNOWN)
  })
})

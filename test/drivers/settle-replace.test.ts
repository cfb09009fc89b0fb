import { describe, expect, it } from 'vitest'
import { type ReplaceSteps, replaceInTwoSteps } from '../../src/drivers/replace.ts'
import { UnknownOutcome } from '../../src/drivers/settle.ts'
import { newKey } from '../../src/testing/suite/records.ts'

const FROM = { counter: 4, writeToken: 'before' }
const NEW = { version: { counter: 1, writeToken: 'new' }, expiresAt: 9 }
const UNKNOWN = { code: 'ERR_SESSION_DRIVER_FAILED', cause: { name: 'UnknownOutcome' } }

function replace(changes: Partial<ReplaceSteps>) {
  const calls: string[] = []
  const told = <Answer>(name: string, step: () => Promise<Answer>) => {
    return (): Promise<Answer> => {
      calls.push(name)
      return step()
    }
  }
  const [key, newKeyOfIt] = [newKey(), newKey()]
  const steps: ReplaceSteps = {
    insert: told('insert', changes.insert ?? (async () => NEW)),
    mark: told('mark', changes.mark ?? (async () => ({ kind: 'written' }))),
    readOld: told('readOld', changes.readOld ?? (async () => ({ version: FROM, isMarker: false, expiresAt: 9 }))),
    destroyNew: told('destroyNew', changes.destroyNew ?? (async () => undefined)),
    newKey: newKeyOfIt,
    markToken: 'mark',
    lease: { key, token: 'lease', version: FROM },
    keepLease: changes.keepLease,
  }
  return { result: replaceInTwoSteps(steps), calls, newKey: newKeyOfIt }
}

const unknown = async (): Promise<never> => {
  throw new UnknownOutcome('replace')
}

describe('replaceInTwoSteps', () => {
  it('inserts, then puts the marker, and answers with the new record', async () => {
    const { result, calls } = replace({})
    await expect(result).resolves.toEqual({ kind: 'written', ...NEW, lease: undefined, readBack: false })
    expect(calls).toEqual(['insert', 'mark'])
  })

  it('holds the new key under the token that was asked for', async () => {
    const { result, newKey: key } = replace({ keepLease: 'kept' })
    await expect(result).resolves.toMatchObject({ lease: { key, token: 'kept', version: NEW.version } })
  })

  it('does not touch what has the new key already', async () => {
    const { result, calls } = replace({ insert: async () => undefined })
    await expect(result).resolves.toEqual({ kind: 'lost' })
    expect(calls).toEqual(['insert'])
  })

  it('never sends an insert of unknown outcome again: it cleans up and says that it does not know', async () => {
    const { result, calls } = replace({ insert: unknown, destroyNew: unknown })
    await expect(result).rejects.toMatchObject(UNKNOWN)
    expect(calls).toEqual(['insert', 'destroyNew'])
  })

  it('passes on an error of the insert: nothing was begun', async () => {
    const { result, calls } = replace({ insert: () => Promise.reject(new Error('disk full')) })
    await expect(result).rejects.toThrow('disk full')
    expect(calls).toEqual(['insert'])
  })

  it('destroys the new record when the old one is gone, whether or not that is answered', async () => {
    const { result, calls } = replace({ mark: async () => ({ kind: 'gone' }), readOld: async () => undefined, destroyNew: unknown })
    await expect(result).resolves.toEqual({ kind: 'gone' })
    expect(calls).toEqual(['insert', 'mark', 'readOld', 'destroyNew'])
  })

  it('destroys the new record when another has written the old one', async () => {
    const other = { version: { counter: 5, writeToken: 'another' }, isMarker: false, expiresAt: 9 }
    const { result, calls } = replace({ mark: async () => ({ kind: 'lost' }), readOld: async () => other })
    await expect(result).resolves.toEqual({ kind: 'lost' })
    expect(calls.at(-1)).toBe('destroyNew')
  })

  it('leaves the new record when the lease alone was refused, or when it does not know', async () => {
    const refused = replace({ mark: async () => ({ kind: 'lost' }) })
    await expect(refused.result).resolves.toEqual({ kind: 'lost' })
    expect(refused.calls).toEqual(['insert', 'mark', 'readOld'])

    const silent = replace({ mark: unknown, readOld: unknown })
    await expect(silent.result).rejects.toMatchObject(UNKNOWN)
    expect(silent.calls).toEqual(['insert', 'mark', 'readOld'])
  })

  it('finds its own marker after a lost answer', async () => {
    const marker = { version: { counter: 5, writeToken: 'mark' }, isMarker: true, expiresAt: 9 }
    const { result } = replace({ mark: unknown, readOld: async () => marker })
    await expect(result).resolves.toMatchObject({ kind: 'written', ...NEW, readBack: true })
  })

  it('counts a record that vanished without a marker as ended by a logout', async () => {
    const { result, calls } = replace({ mark: unknown, readOld: async () => undefined })
    await expect(result).resolves.toEqual({ kind: 'gone' })
    expect(calls.at(-1)).toBe('destroyNew')
  })
})

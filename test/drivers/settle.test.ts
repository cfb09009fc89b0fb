import { describe, expect, it } from 'vitest'
import type { CommitResult, UpdateResult } from '../../src/contracts/driver.ts'
import {
  type ReadBack,
  UnknownOutcome,
  answered,
  settleCommit,
  settleDestroy,
  settleRelease,
  settleUpdate,
  settleWrite,
} from '../../src/drivers/settle.ts'
import { newKey } from '../../src/testing/suite/records.ts'

const FROM = { counter: 4, writeToken: 'before' }
const MINE = { counter: 5, writeToken: 'mine' }
const UNCHANGED: ReadBack = { version: FROM, isMarker: false, expiresAt: 9 }
const WRITTEN: UpdateResult = { kind: 'written', version: MINE, expiresAt: 9 }
const UNKNOWN = { code: 'ERR_SESSION_DRIVER_FAILED', cause: { name: 'UnknownOutcome' } }

/** A step that gives one answer after the other. */
function answers<Answer>(...list: (Answer | Error)[]): { readonly send: () => Promise<Answer>; readonly left: () => number } {
  const send = async (): Promise<Answer> => {
    const next = list.shift()
    if (next === undefined) throw new Error('asked more often than the test foresees')
    if (next instanceof Error) throw next
    return next
  }
  return { send, left: () => list.length }
}

const lost = (): UnknownOutcome => new UnknownOutcome('update')

function settle(sends: (UpdateResult | Error)[], reads: ({ readonly found: ReadBack | undefined } | Error)[] = [], doubtRefusals = false) {
  const [write, back] = [answers(...sends), answers(...reads)]
  const readBack = async (): Promise<ReadBack | undefined> => (await back.send()).found
  const settled = settleWrite({ operation: 'update', send: write.send, readBack, writeToken: 'mine', from: FROM, doubtRefusals })
  return { settled, left: () => write.left() + back.left() }
}

describe('settleWrite', () => {
  it('takes the first answer, whatever it is', async () => {
    for (const answer of [WRITTEN, { kind: 'gone' }, { kind: 'conflict' }, { kind: 'busy' }] as const) {
      await expect(settle([answer]).settled).resolves.toEqual({ kind: 'answered', answer, again: false })
    }
  })

  it('finds its own token when the answer was lost', async () => {
    const found = { version: MINE, isMarker: false, expiresAt: 9 }
    await expect(settle([lost()], [{ found }]).settled).resolves.toEqual({ kind: 'found', found })
  })

  it('sends again what was not written, at most three times in all', async () => {
    await expect(settle([lost(), WRITTEN], [{ found: UNCHANGED }]).settled).resolves.toEqual({
      kind: 'answered',
      answer: WRITTEN,
      again: true,
    })
    const never = settle([lost(), lost(), lost(), WRITTEN], [{ found: UNCHANGED }, { found: UNCHANGED }, { found: UNCHANGED }])
    await expect(never.settled).rejects.toMatchObject(UNKNOWN)
    expect(never.left()).toBe(1)
  })

  it('tells gone from lost by what is there', async () => {
    const other = { counter: 5, writeToken: 'another' }
    await expect(settle([lost()], [{ found: undefined }]).settled).resolves.toEqual({ kind: 'gone', isUnsure: true })
    await expect(settle([lost()], [{ found: { version: other, isMarker: true, expiresAt: 9 } }]).settled).resolves.toEqual({
      kind: 'gone',
      isUnsure: true,
    })
    await expect(settle([lost()], [{ found: { version: other, isMarker: false, expiresAt: 9 } }]).settled).resolves.toEqual({
      kind: 'lost',
    })
  })

  it('does not believe the refusal of a second sending', async () => {
    const found = { version: MINE, isMarker: false, expiresAt: 9 }
    const late = settle([lost(), { kind: 'conflict' }], [{ found: UNCHANGED }, { found }])
    await expect(late.settled).resolves.toEqual({ kind: 'found', found })
    const busy = settle([lost(), { kind: 'busy' }], [{ found: UNCHANGED }, { found: UNCHANGED }])
    await expect(busy.settled).rejects.toMatchObject(UNKNOWN)
  })

  it('reads a first refusal back when something hangs on it', async () => {
    const found = { version: MINE, isMarker: true, expiresAt: 9 }
    await expect(settle([{ kind: 'gone' }], [{ found }], true).settled).resolves.toEqual({ kind: 'found', found })
    const refused = settle([{ kind: 'busy' }], [{ found: UNCHANGED }], true)
    await expect(refused.settled).resolves.toEqual({ kind: 'answered', answer: { kind: 'busy' }, again: false })
  })

  it('passes on an error of the first sending, and makes unknown of one of a later sending', async () => {
    await expect(settle([new Error('disk full')]).settled).rejects.toThrow('disk full')
    await expect(settle([lost(), new Error('disk full')], [{ found: UNCHANGED }]).settled).rejects.toMatchObject(UNKNOWN)
  })

  it('does not guess when it cannot read back', async () => {
    await expect(settle([lost()], [lost()]).settled).rejects.toMatchObject(UNKNOWN)
    await expect(settle([lost()], [new Error('disk full')]).settled).rejects.toThrow('disk full')
  })
})

describe('settleUpdate', () => {
  it('rejects with a lost lock, not with a conflict, when another has written since', async () => {
    const key = newKey()
    const found: ReadBack = { version: { counter: 5, writeToken: 'another' }, isMarker: false, expiresAt: 9 }
    const write = { send: answers<UpdateResult>(lost()).send, readBack: async () => found, writeToken: 'mine' }
    await expect(settleUpdate(key, FROM, write)).rejects.toMatchObject({ code: 'ERR_SESSION_LOCK_LOST' })
  })
})

describe('settleUpdate, when the session has moved to another id', () => {
  const key = newKey()
  const marker: ReadBack = { version: { counter: 5, writeToken: 'another' }, isMarker: true, expiresAt: 9 }
  const write = (...sends: (UpdateResult | Error)[]) => ({
    send: answers<UpdateResult>(...sends).send,
    readBack: async () => marker,
    writeToken: 'mine',
  })

  it('rejects with a lost lock when it had no answer: the write may have moved along, and would be made twice', async () => {
    await expect(settleUpdate(key, FROM, write(lost()))).rejects.toMatchObject({ code: 'ERR_SESSION_LOCK_LOST' })
  })

  it('says gone when the store itself said so: then it was not written, and may follow the session', async () => {
    await expect(settleUpdate(key, FROM, write({ kind: 'gone' }))).resolves.toEqual({ kind: 'gone' })
  })
})

describe('settleCommit, when the session has moved to another id', () => {
  const key = newKey()
  const marker: ReadBack = { version: { counter: 5, writeToken: 'another' }, isMarker: true, expiresAt: 9 }
  const commit = (...sends: (CommitResult | Error)[]): Promise<CommitResult> =>
    settleCommit({ key, token: 'held', version: FROM }, undefined, {
      send: answers<CommitResult>(...sends).send,
      readBack: async () => marker,
      writeToken: 'mine',
    })

  it('does not say that it was not written when it had no answer: it may have moved along', async () => {
    await expect(commit(lost())).resolves.toEqual({ kind: 'lost', isUnsure: true })
  })

  it('says gone when the store itself said so', async () => {
    await expect(commit({ kind: 'gone' })).resolves.toEqual({ kind: 'gone' })
  })
})

describe('settleRelease', () => {
  const given: CommitResult = { kind: 'written', version: FROM, expiresAt: 9, lease: undefined, readBack: false }

  it('takes the first answer', async () => {
    await expect(settleRelease(answers<CommitResult>({ kind: 'lost' }).send, async () => UNCHANGED)).resolves.toEqual({ kind: 'lost' })
  })

  it('sends again, and is content when the lease is gone by then', async () => {
    const readBack = async (): Promise<ReadBack> => UNCHANGED
    await expect(settleRelease(answers<CommitResult>(lost(), given).send, readBack)).resolves.toEqual({ ...given, readBack: true })
    await expect(settleRelease(answers<CommitResult>(lost(), { kind: 'lost' }).send, readBack)).resolves.toEqual({
      ...given,
      readBack: true,
    })
    await expect(settleRelease(answers<CommitResult>(lost(), lost()).send, readBack)).resolves.toEqual({ ...given, readBack: true })
  })

  it('says gone when nothing is there any more, and fails when nobody answers', async () => {
    await expect(settleRelease(answers<CommitResult>(lost(), lost()).send, async () => undefined)).resolves.toEqual({ kind: 'gone' })
    const silent = settleRelease(answers<CommitResult>(lost(), lost()).send, answers<ReadBack>(lost()).send)
    await expect(silent).rejects.toMatchObject(UNKNOWN)
  })
})

describe('settleDestroy', () => {
  it('sends again until it is answered', async () => {
    await expect(settleDestroy(answers<{ kind: 'nothing' }>({ kind: 'nothing' }).send)).resolves.toEqual({ kind: 'nothing' })
    await expect(settleDestroy(answers<{ kind: 'record' }>(lost(), lost(), { kind: 'record' }).send)).resolves.toEqual({ kind: 'record' })
    await expect(settleDestroy(answers<{ kind: 'nothing' }>(lost(), { kind: 'nothing' }).send)).resolves.toEqual({ kind: 'nothing' })
    await expect(settleDestroy(answers<never>(lost(), lost(), lost()).send)).rejects.toMatchObject(UNKNOWN)
  })
})

describe('answered', () => {
  it('turns a missing answer into the error that callers of a driver know, and nothing else', async () => {
    await expect(answered('read', answers<never>(lost()).send)).rejects.toMatchObject(UNKNOWN)
    await expect(answered('read', answers<never>(new TypeError('bug')).send)).rejects.toThrow(TypeError)
  })
})

import { describe, expect, it } from 'vitest'
import { History, type HistoryOptions, type Kind } from '../support/shaky-history.ts'
import { withoutDoubt, withoutFence, withoutInsertOnce, withoutMarkReadBack, withoutSecondPass } from '../support/unmended.ts'

type Shape = Omit<HistoryOptions, 'seed'>

const ALL: Kind[] = ['exclusive', 'merge', 'rotate', 'logout', 'revoke', 'create', 'read']

/** Plays histories until one breaks a rule; what and how, or `undefined`. */
async function firstBroken(count: number, ...shapes: Shape[]): Promise<string | undefined> {
  for (let seed = 0; seed < count; seed++) {
    for (const shape of shapes) {
      const history = new History({ seed, ...shape })
      const broken = await history.play()
      if (broken !== undefined) return `${broken}, seed ${seed}:\n${history.trace.join('\n')}`
    }
  }
  return undefined
}

describe('random histories of two processes, one store, and a line that loses, delays and repeats', () => {
  it('20,000 of them: no acknowledged write is lost, none is carried out twice, nothing comes back after its end', async () => {
    const broken = await firstBroken(
      4000,
      { kinds: ALL, requests: 6, faults: 4 },
      { kinds: ['merge', 'exclusive'], requests: 3, faults: 3 },
      { kinds: ['rotate', 'rotate', 'merge'], requests: 3, faults: 4 },
      { kinds: ['create', 'logout', 'read'], requests: 4, faults: 2 },
      { kinds: ['rotate', 'revoke', 'create', 'read'], requests: 5, faults: 1 },
    )
    expect(broken).toBeUndefined()
  })

  it('are seen to lose a session when replace does not read its marker back', async () => {
    const shape: Shape = { kinds: ['rotate', 'merge'], requests: 3, faults: 2, protocol: withoutMarkReadBack }
    expect(await firstBroken(2000, shape)).toContain('was acknowledged and is not in')
  })

  it('are seen to lose a session when replace cleans up after a refusal for the lease alone', async () => {
    const shape: Shape = { kinds: ['rotate'], requests: 2, faults: 4, protocol: withoutFence }
    expect(await firstBroken(5000, shape)).toContain('was acknowledged and is not in')
  })

  it('are seen to leave a session alive when a revocation looks once', async () => {
    const shape: Shape = { kinds: ['rotate', 'revoke', 'read'], requests: 4, faults: 0, protocol: withoutSecondPass }
    expect(await firstBroken(2000, shape)).toContain('after its end was acknowledged')
  })

  it('are seen to write twice when the refusal of a second sending is believed', async () => {
    const shape: Shape = { kinds: ['merge'], requests: 2, faults: 2, protocol: withoutDoubt }
    expect(await firstBroken(2000, shape)).toContain('a write was carried out twice')
  })

  it('are seen to write twice when the client library sends again by itself', async () => {
    const shape: Shape = { kinds: ['merge'], requests: 2, faults: 2, clientResends: true }
    expect(await firstBroken(2000, shape)).toContain('a write was carried out twice')
  })

  it('are seen to bring a session back when an insert is sent again under its key', async () => {
    const shape: Shape = { kinds: ['create', 'logout', 'read'], requests: 4, faults: 1, protocol: withoutInsertOnce }
    expect(await firstBroken(5000, shape)).toContain('after its end was acknowledged')
  })
})

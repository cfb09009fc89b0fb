import { expect, it } from 'vitest'
import { forge } from '../../bench/seal/attack.ts'
import { Tallies, outcomeOf } from '../../bench/seal/outcome.ts'
import { PrototypeWatch } from '../../proof/fuzz/prototypes.ts'
import { makeTargets } from '../../bench/seal/targets.ts'
import { SessionError } from '../../src/session/errors.ts'
import { smallFigure } from './support.ts'

it('no sealed text opens that was changed, moved or made up, and each gives the same error', { timeout: 300_000 }, async () => {
  const { counts, rows } = await smallFigure('seal-forgeries')
  expect(counts).toMatchObject({
    openedAsSealed: 20,
    openedAsSealedByWeb: 2,
    phpTexts: 10,
    phpTextsOpened: 10,
    fuzzed: 20_000,
    opened: 0,
    crashes: 0,
    takenForPlain: 0,
    prototypesTouched: 0,
  })
  const tries = (kind: string): number => Number(rows.find((row) => row['what was tried'] === kind)?.['tries by node:crypto'])
  // Eight bits in each character, and a beginning that ends before it.
  expect(tries('one bit flipped')).toBe(8 * tries('cut off'))
  expect(tries('cut off')).toBeGreaterThan(20 * 68)
  expect(tries('a tag of 0 to 15 bytes')).toBe(20 * 16)
  expect(tries('the other field')).toBe(20)
  expect(tries('the row of another session')).toBe(20 * 3)
  expect(tries('a text of the PHP library, its tag cut')).toBe(10 * 16)
})

it('what opens is seen, and so is an error that says more than others', async () => {
  const [target] = makeTargets(1, () => 0.5)
  if (target === undefined) throw new TypeError('nothing was sealed')
  const tallies = new Tallies()
  await forge(target, (text) => text, tallies)
  const { tries, opened, crashes } = tallies.total
  expect(tries).toBeGreaterThan(2000)
  expect([opened, crashes]).toEqual([tries, 0])
  const thrown = (error: unknown): unknown =>
    outcomeOf(() => {
      throw error
    })
  const refusal = SessionError.deserializationFailed('A sealed text could not be opened.')
  expect(thrown(refusal)).toBe('refused')
  expect(thrown(SessionError.deserializationFailed('The key is another one.'))).toBe('crashed')
  expect(thrown(SessionError.deserializationFailed('A sealed text could not be opened.', { cause: 'the tag' }))).toBe('crashed')
  expect(thrown(Object.assign(refusal, { reason: 'the tag' }))).toBe('crashed')
  expect(thrown(new TypeError('bad decrypt'))).toBe('crashed')
})

it('a prototype that was touched is seen', () => {
  const watch = new PrototypeWatch()
  expect(watch.touched()).toBe(0)
  Reflect.set(Object.prototype, 'polluted', true)
  const touched = watch.touched()
  Reflect.deleteProperty(Object.prototype, 'polluted')
  expect(touched).toBe(1)
  expect(watch.touched()).toBe(0)
})

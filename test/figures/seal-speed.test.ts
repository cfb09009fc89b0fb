import { expect, it } from 'vitest'
import { installedRuntimes } from '../../bench/seal/runtimes.ts'
import { measureSealers } from '../../bench/seal/speed.ts'
import { smallFigure } from './support.ts'

it('each text comes back, ours and the peers’, in each runtime', { timeout: 180_000 }, async () => {
  const { counts, rows } = await smallFigure('seal-speed')
  const runtimes = 1 + installedRuntimes().length
  expect(runtimes).toBeGreaterThanOrEqual(2)
  // Five sealers in Node and two in each other runtime; one round for warming up and two that count, each of 20 texts, of three sizes.
  const lanes = 3 * (5 + 2 * (runtimes - 1))
  expect(counts).toEqual({ sizes: 3, runtimes, texts: 3 * 20 * lanes, wrong: 0 })
  expect(rows).toHaveLength(lanes)
  expect(rows.filter((row) => row['goal'] !== '').map((row) => row['goal'])).toEqual([
    'at most 1.4 times bare',
    'at least 25 times ours',
    'at least 25 times ours',
    'at least 8 times ours',
  ])
})

it('a text that comes back as another is seen', async () => {
  const forgetful = { label: 'forgetful', seal: (text: string) => text, open: async (sealed: string) => sealed.slice(1) }
  const run = { sizes: [300], slices: 1, warmUps: 0, atMost: { seconds: 60, texts: 20 }, log: () => undefined }
  expect(await measureSealers([forgetful], run)).toMatchObject([{ bytes: 300, characters: 300, texts: 20, wrong: 20 }])
})

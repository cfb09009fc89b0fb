import { expect, it } from 'vitest'
import { IvBooks } from '../../bench/seal/iv-books.ts'
import { smallFigure } from './support.ts'

it('no IV comes twice under one derived key, and no two processes have the same', { timeout: 180_000 }, async () => {
  const { counts } = await smallFigure('seal-ivs')
  const { derivedKeys, ...others } = counts
  // Each has a key before its pause and another after it: more where the machine stood still.
  expect(derivedKeys).toBeGreaterThanOrEqual(10)
  expect(counts['fewestDerivedKeys']).toBeGreaterThanOrEqual(2)
  expect(others).toMatchObject({ processes: 5, seals: 100_000, ivsRepeated: 0, derivedKeysShared: 0 })
})

it('an IV that comes twice would be seen, and another that begins alike is not taken for it', () => {
  const salt = 'S'.repeat(24)
  const books = new IvBooks()
  const add = (iv: string, name = 'v1'): void => books.add(`hf1.${name}.${salt}${iv}${'A'.repeat(24)}`)
  for (let made = 0; made < 3000; made++) add(String(made).padStart(16, '0'))
  expect(books.repeated()).toBe(0)
  add('AAAAAAAAAAAAAAAA')
  add('AAAAAAAAAAAAAAAB')
  add('AAAAAAAAAAAAAAAA', 'v2')
  expect(books.repeated()).toBe(0)
  add('AAAAAAAAAAAAAAAA')
  add('0000000000000042')
  expect(books.repeated()).toBe(2)
  expect(books.heads).toHaveLength(2)
})

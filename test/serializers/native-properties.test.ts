import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NativeSerializer } from '../../src/serializers/native.ts'
import { difference } from '../support/same-graph.ts'
import { linkedPlainValue, plainValue, richValue } from '../support/rich-values.ts'
import { place, textOf } from '../support/serializer-context.ts'

const serializer = new NativeSerializer()

describe('NativeSerializer, for any value', () => {
  it('gives back exactly what was stored, shared and circular references too (S-271)', async () => {
    await fc.assert(
      fc.asyncProperty(richValue, async (value) => {
        const { value: restored } = serializer.restore(await textOf(serializer, value))
        expect(difference(value, restored)).toBe(undefined)
      }),
      { numRuns: 1500 },
    )
  })

  it('sees no change in what it has just restored', async () => {
    await fc.assert(
      fc.asyncProperty(richValue, async (value) => {
        const { value: restored, loaded } = serializer.restore(await textOf(serializer, value))
        expect(serializer.prepare(restored, { ...place, loaded })).toBe(undefined)
      }),
      { numRuns: 1000 },
    )
  })

  it('writes plain data as JSON writes it, and reads it as JSON reads it', async () => {
    await fc.assert(
      fc.asyncProperty(plainValue, async (value) => {
        const text = await textOf(serializer, value)
        expect(text).toBe(JSON.stringify(value))
        expect(difference(serializer.restore(text).value, JSON.parse(text))).toBe(undefined)
      }),
      { numRuns: 1000 },
    )
  })

  it('writes JSON exactly where JSON loses nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(plainValue, linkedPlainValue, richValue), async (value) => {
        const text = await textOf(serializer, value)
        expect(text.startsWith('~')).toBe(jsonLoses(value))
      }),
      { numRuns: 1500 },
    )
  })

  it('writes texts that survive UTF-8', async () => {
    await fc.assert(
      fc.asyncProperty(richValue, async (value) => {
        expect((await textOf(serializer, value)).isWellFormed()).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
})

function jsonLoses(value: unknown): boolean {
  try {
    return difference(value, JSON.parse(JSON.stringify(value))) !== undefined
  } catch {
    return true // A circle, a BigInt, or undefined itself.
  }
}

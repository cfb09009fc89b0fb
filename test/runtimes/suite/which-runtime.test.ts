import { expect, it } from 'vitest'
import { nameHere } from './name-here.ts'

it('runs on the runtime that was asked for', () => {
  expect(process.env['HOLDFAST_TEST_RUNTIME'] ?? nameHere()).toBe(nameHere())
})

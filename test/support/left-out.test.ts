import { expect, it } from 'vitest'
import { checkLeftOut } from '../transport/left-out.ts'

const cases = new Map([
  ...['a', 'b', 'c', 'd'].map((title) => [title, { mayBeLeftOut: true }] as const),
  ['twenty parallel requests lose no update', { mayBeLeftOut: false }],
])

it('a framework leaves out at most three cases of the transport suite, none of those that nobody may, and none that there is not', () => {
  const leaveOut = (...titles: string[]) => {
    checkLeftOut('Koa', Object.fromEntries(titles.map((title) => [title, 'its reason'])), cases)
  }
  leaveOut()
  leaveOut('a', 'b', 'c')
  expect(() => leaveOut('a', 'b', 'c', 'd')).toThrow('Koa leaves out more than 3 cases')
  expect(() => leaveOut('twenty parallel requests lose no update')).toThrow(
    "Koa may not leave out 'twenty parallel requests lose no update'",
  )
  expect(() => leaveOut('e')).toThrow('Koa leaves out a case that there is not: e')
})

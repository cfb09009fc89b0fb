import type { Session } from '../../src/index.ts'
import { testSession } from '../../src/testing/index.ts'

interface Shop {
  name: string
  visits: number
}

declare function greet(session: Session): string
declare function count(session: Session<Shop>): number

// With some data, or none, it is a session for a function that takes any.
greet(testSession({ name: 'Ada' }))
greet(testSession())
// With a part of the data it is one for a function that takes all of it.
count(testSession({ name: 'Ada' }))
// @ts-expect-error a name that the data does not have
count(testSession({ nam: 'Ada' }))

// Its data is what it is told to be.
const name: string | undefined = testSession<Shop>({ visits: 1 }).get('name')
void name
// @ts-expect-error a number, not a text
testSession<Shop>({ visits: '1' })

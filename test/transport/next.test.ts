import { vi } from 'vitest'
import { builtNext } from '../support/next-server.ts'
import { giveHouse } from './applications/the-house.ts'
import { serveListener, transportSuite } from './suite.ts'

// The application is in applications/next.
const { answer } = builtNext('next')

transportSuite('Next.js', (house) => {
  // It prints what a handler throws.
  vi.spyOn(console, 'error').mockReturnValue(undefined)
  giveHouse(house)
  return serveListener(answer())
})

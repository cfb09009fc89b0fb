import { describe } from 'vitest'
import { useNest11 } from '../../support/nest-11.ts'

await useNest11()

// The tests of this folder once more, with what they import in version 11.
describe('on NestJS 11', async () => {
  await import('./contexts.test.ts')
  await import('./errors.test.ts')
  await import('./guards.test.ts')
  await import('./module.test.ts')
  await import('./responses.test.ts')
})

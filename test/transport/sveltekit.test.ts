import { builtApplication } from './applications/build.ts'
import { serveSvelteKit } from './applications/serve-sveltekit.ts'
import { giveHouse } from './applications/the-house.ts'
import { transportSuite } from './suite.ts'

// The application is in applications/sveltekit.
const built = builtApplication('sveltekit', ['vite', 'build'])

transportSuite('SvelteKit', (house) => {
  giveHouse(house)
  return serveSvelteKit(built)
})

import { limitsSuite } from '../support/limits-suite.ts'
import { movedStores } from '../support/moved-stores.ts'

for (const [name, open] of Object.entries(movedStores)) limitsSuite(name, open)

import type { SessionLocals } from '../../../../../src/adapters/sveltekit.ts'
import type { DefaultData } from '../../../../../src/session/path-types.ts'

declare global {
  namespace App {
    interface Locals extends SessionLocals, SessionLocals<DefaultData, 'staff'> {}
  }
}

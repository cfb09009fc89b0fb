import type { SessionLocals } from 'holdfast/sveltekit'
import type { Data } from './lib/server/sessions.ts'

declare global {
  namespace App {
    interface Locals extends SessionLocals<Data> {}
  }
}

import { join } from 'node:path'
import { FileDriver } from '../../../src/drivers/file/file-driver.ts'
import { doorCases } from './door-cases.ts'
import { elysiaApp } from './elysia.ts'
import type { RuntimeCase } from './kit.ts'
import { lifeCases } from './life.ts'

/** What must hold on a server, which has files, and lets Elysia make functions of texts. Each case has a folder of its own. */
export function serverCases(folder: string): RuntimeCase[] {
  let made = 0
  return [
    ...lifeCases('file', () => new FileDriver({ path: join(folder, String((made += 1))) })),
    ...doorCases('Elysia', (sessions) => {
      const app = elysiaApp(sessions)
      return (request) => app.handle(request)
    }),
  ]
}

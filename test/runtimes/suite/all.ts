import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { doorCases } from './door-cases.ts'
import { fetchApp, h3App, honoApp } from './doors.ts'
import type { RuntimeCase } from './kit.ts'
import { lifeCases } from './life.ts'
import { sealedCases } from './sealed.ts'

/** What must hold wherever there are web standards. */
export function webCases(): RuntimeCase[] {
  return [
    ...lifeCases('memory', () => new MemoryDriver({ acknowledged: true })),
    ...sealedCases(),
    ...doorCases('fetch', fetchApp),
    ...doorCases('Hono', honoApp),
    ...doorCases('h3', h3App),
  ]
}

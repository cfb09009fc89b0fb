// Runs in workerd, where nothing of Node is to be had: every case that needs no files. Answers with their outcomes.
import { webCases } from './all.ts'
import { runCases } from './kit.ts'
import type { Outcome } from './kit.ts'

export default {
  async fetch(): Promise<Response> {
    const outcomes: Outcome[] = []
    await runCases(webCases(), (outcome) => outcomes.push(outcome))
    const hasModules = typeof Reflect.get(Reflect.get(globalThis, 'process') ?? {}, 'getBuiltinModule') === 'function'
    return Response.json({ outcomes, hasModules })
  },
}

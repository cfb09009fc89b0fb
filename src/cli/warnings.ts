import { say } from './print.ts'

const heard: string[] = []
let areSaid = true

/**
 * Takes over what Node would print of warnings, stack and all: those of this library are one line each, others' (a client's that calls an old API) concern nobody
 * here.
 */
export function hearWarnings({ saying }: { readonly saying: boolean }): void {
  areSaid = saying
  process.removeAllListeners('warning')
  process.on('warning', (warning) => {
    if (warning.name !== 'HoldfastWarning') return
    heard.push(warning.message)
    if (areSaid) say(`warning: ${warning.message}`)
  })
}

/** The warnings so far. Node tells of one a turn after it was given. */
export async function heardWarnings(): Promise<readonly string[]> {
  await new Promise((resolve) => setImmediate(resolve))
  return heard
}

// The side of the process that `startProcess` has started.
import { on } from 'node:events'

/**
 * Tells the parent something: anything that JSON can say.
 *
 * @returns Resolves once it cannot be lost any more, though this process were killed.
 */
export function tellParent(message: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    if (process.send === undefined) throw new Error('This module runs in a process that startProcess of proof/faults has started')
    process.send(message, undefined, undefined, (error) => (error ? reject(error) : resolve()))
  })
}

/** What the parent sends, one by one, until the parent is gone. Asking for it keeps the process alive until then. */
export async function* fromParent(): AsyncGenerator {
  for await (const args of on(process, 'message', { close: ['disconnect'] })) yield Array.isArray(args) ? args[0] : undefined
}

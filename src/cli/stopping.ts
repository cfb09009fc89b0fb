import { constants } from 'node:os'

/** Aborted by Ctrl-C or SIGTERM: long work then stops where it can go on. A second one ends the process at once. */
export function stopSignal(): AbortSignal {
  const stopping = new AbortController()
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping.signal.aborted) process.exit(128 + constants.signals[signal])
    stopping.abort(new Error('stopped'))
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return stopping.signal
}

import { inspect } from 'node:util'
import { SessionError } from '../../src/session/errors.ts'

/** The message of the configuration error that something throws. It must be one, and show nothing of these secrets anywhere. */
export function refusalOf(run: () => unknown, secrets: readonly string[] = []): string {
  const error = thrownBy(run)
  if (!(error instanceof SessionError) || error.code !== 'ERR_SESSION_CONFIG') throw error
  const shown = inspect(error, { depth: 20, showHidden: true })
  for (const secret of secrets) if (shows(shown, secret)) throw new Error(`it shows the key: ${error.message}`)
  return error.message
}

/** Whether a text has a part of a secret in it that is long enough to be no accident. */
export function shows(text: string, secret: string, part = 10): boolean {
  if (secret.length <= part) return secret !== '' && text.includes(secret)
  for (let at = 0; at + part <= secret.length; at++) if (text.includes(secret.slice(at, at + part))) return true
  return false
}

function thrownBy(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  return new Error('it was taken')
}

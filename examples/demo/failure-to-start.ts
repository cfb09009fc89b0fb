/** What a server process tells the front process when it cannot serve. */
export interface FailureToStart {
  readonly failedToStart: string
}

export function isFailureToStart(message: unknown): message is FailureToStart {
  return typeof message === 'object' && message !== null && 'failedToStart' in message && typeof message.failedToStart === 'string'
}

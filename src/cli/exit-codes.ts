/** What the exit code of the command says. */
export const EXIT = {
  /** It is done. */
  done: 0,
  /** It ran, and the answer is no: nothing is there under this name, the check found faults, a file could not be written. */
  no: 1,
  /** It was called wrongly, or the configuration is. */
  usage: 2,
  /** The store failed, or cannot be reached. */
  store: 3,
  /** Ctrl-C, or SIGTERM: it stopped where it can go on. */
  stopped: 130,
} as const

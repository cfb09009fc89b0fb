import { SessionError, isSessionError } from '../session/errors.ts'

type NewName = (option: string) => string

/** Lets errors name an option as the configuration has it. */
export function renaming<Result>(run: () => Result, newName: NewName): Result {
  try {
    return run()
  } catch (error) {
    throw renamed(error, newName)
  }
}

/** The same for what gives a promise. */
export async function renamingLater<Result>(run: () => Promise<Result>, newName: NewName): Promise<Result> {
  try {
    return await run()
  } catch (error) {
    throw renamed(error, newName)
  }
}

function renamed(error: unknown, newName: NewName): unknown {
  const [start = '', option = ''] = (isSessionError(error) ? /^Option '([^']*)'/.exec(error.message) : undefined) ?? []
  if (!isSessionError(error) || option === '') return error
  return new SessionError('ERR_SESSION_CONFIG', `Option '${newName(option)}'${error.message.slice(start.length)}`, { cause: error.cause })
}

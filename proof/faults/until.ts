import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 20

/**
 * Waits until a condition holds: until it gives something other than `undefined` and `false`. What it throws counts as "not yet".
 *
 * @param what Ends the sentence "waited for ..." of the error.
 * @param withinMs The bound of the wait.
 * @returns What the condition gave.
 * @throws {Error} When the bound is over. Its cause is what the condition threw last.
 */
export async function until<Result>(
  what: string,
  condition: () => Result | Promise<Result>,
  withinMs = 30_000,
): Promise<Exclude<Result, undefined | false>> {
  const endsAt = Date.now() + withinMs
  for (;;) {
    const attempt = await tryOnce(condition)
    if (isResult(attempt.result)) return attempt.result
    if (Date.now() > endsAt) throw new Error(`waited for ${what} longer than ${withinMs} ms`, { cause: attempt.error })
    await sleep(POLL_MS)
  }
}

async function tryOnce<Result>(condition: () => Result | Promise<Result>): Promise<{ result?: Result; error?: unknown }> {
  try {
    return { result: await condition() }
  } catch (error) {
    return { error }
  }
}

function isResult<Result>(result: Result): result is Exclude<Result, undefined | false> {
  return result !== undefined && result !== false
}

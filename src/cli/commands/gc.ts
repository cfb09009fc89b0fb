import { EXIT } from '../exit-codes.ts'
import { goingOn } from '../going-on.ts'
import { printJson, printLine } from '../print.ts'
import { Progress } from '../progress.ts'
import { stopSignal } from '../stopping.ts'
import { type CommonOptions, type Store, withStore } from '../store.ts'
import { surveyed } from '../walk.ts'
import { counted } from '../words.ts'

export interface GcCommandOptions extends CommonOptions {
  readonly dryRun?: boolean
}

const TICK_MS = 200

/** Removes what has expired, or counts it. */
export async function gc(options: GcCommandOptions): Promise<number> {
  const stopping = stopSignal()
  return await withStore(options, async (store) => {
    const isDryRun = options.dryRun === true
    const removed = isDryRun ? await countExpired(store, stopping) : await collect(store, stopping)
    const isDone = !stopping.aborted
    if (options.json) await printJson({ removed: isDryRun ? 0 : removed, expired: isDryRun ? removed : null, dryRun: isDryRun, isDone })
    else if (isDryRun) await printLine(`${counted(removed, 'expired record')} would be removed. Nothing was changed.`)
    else await printLine(`${counted(removed, 'expired record')} removed.`)
    const { config } = options
    if (!isDone && !options.json) await printLine(`Stopped. Go on with: ${goingOn('gc', { config, 'dry-run': isDryRun || undefined })}`)
    return isDone ? EXIT.done : EXIT.stopped
  })
}

async function countExpired({ driver }: Store, stopping: AbortSignal): Promise<number> {
  const progress = new Progress('Looking')
  let expired = 0
  let looked = 0
  for await (const { records, cursor } of surveyed(driver, stopping)) {
    looked += records.length
    expired += records.filter(({ kind }) => kind === 'expired').length
    progress.show(looked, cursor)
  }
  progress.end()
  return expired
}

/** How much there is to remove, the driver knows only when it is done: it is shown that it works, and for how long. */
async function collect({ driver }: Store, stopping: AbortSignal): Promise<number> {
  const progress = new Progress('Collecting, seconds:')
  const began = performance.now()
  const timer = setInterval(() => progress.show(Math.floor((performance.now() - began) / 1000), undefined), TICK_MS)
  try {
    return await driver.gc({ signal: stopping })
  } finally {
    clearInterval(timer)
    progress.end()
  }
}

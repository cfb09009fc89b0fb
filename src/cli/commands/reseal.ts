import { EXIT } from '../exit-codes.ts'
import { goingOn } from '../going-on.ts'
import { printJson, printLine } from '../print.ts'
import { Progress } from '../progress.ts'
import { stopSignal } from '../stopping.ts'
import { type CommonOptions, withStore } from '../store.ts'
import { count } from '../words.ts'
import { notSealing } from './keys.ts'

export interface ResealCommandOptions extends CommonOptions {
  readonly rate: number
  readonly cursor?: string
}

/** Seals stored sessions under the key that seals now. */
export async function resealAll(options: ResealCommandOptions): Promise<number> {
  const stopping = stopSignal()
  return await withStore(options, async (store) => {
    if (store.loaded.config.encrypt !== true) throw notSealing()
    const manager = await store.manager()
    const progress = new Progress('Sealing')
    manager.on('resealed', ({ examined, cursor }) => progress.show(examined, cursor))
    const { rate, cursor, config } = options
    const done = await manager.reseal({ rate, signal: stopping, cursor })
    progress.end()
    const { examined, resealed, skipped, unreadable, isDone } = done
    const at = store.showsKeys ? done.cursor : undefined
    if (options.json) {
      await printJson({ examined, resealed, skipped, unreadable, isDone, cursor: at ?? null })
    } else {
      await printLine(
        `${count(examined)} looked at, ${count(resealed)} sealed anew, ${count(skipped)} in use, ${count(unreadable)} unreadable.`,
      )
      if (!isDone) await printLine(`Stopped. Go on with: ${goingOn('keys reseal', { config, rate, cursor: at })}`)
      else if (skipped > 0) await printLine('Run it again for those that were in use.')
    }
    return isDone ? EXIT.done : EXIT.stopped
  })
}

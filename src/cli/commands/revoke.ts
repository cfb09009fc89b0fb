import { isListing } from '../../manager/abilities.ts'
import { EXIT } from '../exit-codes.ts'
import { CommandError } from '../failure.ts'
import { named, nothingThere, notReadable } from '../named.ts'
import { printJson, printLine } from '../print.ts'
import { stopSignal } from '../stopping.ts'
import { type Store, withStore } from '../store.ts'
import { confirmed } from '../terminal.ts'
import { listed } from '../walk.ts'
import { counted } from '../words.ts'
import { revokeEverybody } from './revoke-all.ts'
import type { Revocation, RevokeCommandOptions } from './revocation.ts'

/** Ends sessions: one, a user's, or everybody's. */
export async function revoke(name: string | undefined, options: RevokeCommandOptions): Promise<number> {
  checkAsked(name, options)
  return await withStore(options, async (store) => {
    const ended =
      name !== undefined
        ? await revokeOne(store, name, options)
        : options.user !== undefined
          ? await revokeUser(store, options.user, options)
          : await revokeEverybody(store, options, stopSignal())
    if (ended === undefined) {
      await (options.json ? printJson({ revoked: 0, dryRun: false, isDone: false, goOn: null }) : printLine('Nothing was ended.'))
      return EXIT.done
    }
    const { revoked, isDryRun, goesOn } = ended
    if (options.json) await printJson({ revoked, dryRun: isDryRun, isDone: goesOn === undefined, goOn: goesOn ?? null })
    else {
      const done = isDryRun ? 'would be ended. Nothing was changed.' : 'ended.'
      await printLine(`${counted(revoked, 'session')} ${done}${goesOn === undefined ? '' : ` Stopped. Go on with: ${goesOn}`}`)
    }
    return goesOn === undefined ? EXIT.done : EXIT.stopped
  })
}

async function revokeOne(store: Store, name: string, options: RevokeCommandOptions): Promise<Revocation | undefined> {
  const isDryRun = options.dryRun === true
  const owner = options.user === undefined ? {} : { userId: options.user }
  const one = await named(store, name, owner)
  if (one?.found === 'unreadable') throw notReadable()
  if (one === undefined || one.found.kind === 'marker') throw nothingThere()
  const { handle, userId } = one.found.record
  if (options.user !== undefined && userId !== options.user) throw nothingThere()
  if (isDryRun) return { revoked: 1, isDryRun }
  if (!(await confirmed(`End the session ${handle}${userId === undefined ? '' : ` of user ${userId}`}?`, options))) return undefined
  const manager = await store.manager()
  if (!(await manager.revoke(handle, userId === undefined ? {} : { userId }))) throw nothingThere()
  return { revoked: 1, isDryRun }
}

async function revokeUser(store: Store, userId: string, options: RevokeCommandOptions): Promise<Revocation | undefined> {
  if (!isListing(store.driver)) throw new CommandError(EXIT.usage, `The driver '${store.driver.name}' keeps no list of its sessions.`)
  let there = 0
  for await (const { sessions } of listed(store.driver, { userId })) there += sessions.length
  if (options.dryRun === true) return { revoked: there, isDryRun: true }
  if (!(await confirmed(`End all sessions of user ${userId} (${there})?`, options))) return undefined
  return { revoked: await (await store.manager()).revokeUser(userId), isDryRun: false }
}

function checkAsked(name: string | undefined, { user, all, before }: RevokeCommandOptions): void {
  if (name === undefined && user === undefined && all !== true)
    throw usage('Say what is to end: a key or a handle, --user ID, or --all. See: holdfast help revoke')
  if (all === true && (name !== undefined || user !== undefined)) throw usage('--all ends everything: leave out the rest, or --all.')
  if (before !== undefined && all !== true) throw usage('--before goes with --all.')
}

const usage = (message: string): CommandError => new CommandError(EXIT.usage, message)

import type { Moment } from '../../proof/faults/planned-cuts.ts'
import { type Proxy, startProxy } from '../../proof/faults/proxy.ts'
import type { SessionManager } from '../../src/manager/session-manager.ts'
import { randomFrom } from '../file/support.ts'
import { startManager } from '../shared/manager.ts'
import { Ledger, type NamedCounts, type NamedData } from '../shared/named.ts'
import { type Leftovers, type ServerPlace, leftoversInTheEnd, libraryAt } from '../shared/place.ts'
import { requestsOfAllKinds } from '../shared/requests.ts'

export interface CutRun {
  /** How many of the places are tried, each once. Default: all. */
  readonly places?: number | undefined
  /** Connections that this happens to at the same time. */
  readonly atOnce: number
  readonly leaseSeconds: number
  readonly seed: number
}

export interface CutResult extends NamedCounts, Leftovers {
  /** Different ones: which command was cut, whether before or after it was carried out, and the same of the cut that followed. */
  readonly places: number
  readonly cuts: number
}

interface Cut {
  /** Which command, counted from the one that the cut before it struck, or from the first. */
  readonly command: number
  readonly moment: Moment
}

/** What is done to one connection while it goes through its requests. */
type Place = readonly [Cut, ...Cut[]]

const MOMENTS: readonly Moment[] = ['before', 'after']
/** So many commands the requests send when nothing is cut, or a few more. */
const COMMANDS = 14
/** How many commands after the first cut the second one comes: connecting again sends commands too. */
const SECOND_AFTER = [1, 2, 3, 4, 5, 6]

/** Cuts connections at each command that the requests of a session send, once or twice, while another manager works on the same session. */
export async function runCuts(place: ServerPlace, run: CutRun): Promise<CutResult> {
  const { leaseSeconds } = run
  const undisturbed = await startManager(libraryAt(place, 0), place.address, { leaseSeconds })
  const ledger = new Ledger()
  const places = placesInOrder(randomFrom(run.seed)).slice(0, run.places)
  const ahead = places.values()
  let cuts = 0
  const lane = async (): Promise<void> => {
    await using line = await startLine(run, place)
    // All lanes take from one list.
    for (const next of ahead) {
      const made = await line.cutAt(next, () => requestsOfAllKinds(ledger, line.sessions, undisturbed.sessions))
      cuts += made
    }
  }
  await Promise.all(Array.from({ length: run.atOnce }, lane))
  const left = await leftoversInTheEnd(place)
  const result = { places: places.length, cuts, ...(await ledger.settle(undisturbed.sessions, undisturbed.driver)), ...left }
  await undisturbed.end()
  return result
}

interface Line extends AsyncDisposable {
  readonly sessions: SessionManager<NamedData>
  /** Does work while the connection is cut at a place, and says how often it was. */
  readonly cutAt: (place: Place, work: () => Promise<void>) => Promise<number>
}

async function startLine({ leaseSeconds }: CutRun, place: ServerPlace): Promise<Line> {
  const proxy: Proxy = await startProxy({ target: place, protocol: 'redis' })
  const { sessions, end } = await startManager(libraryAt(place, 0), place.addressAt(proxy.port), { leaseSeconds })
  return {
    sessions,
    cutAt: async (planned, work) => {
      let made = 0
      const plan = async ([cut, ...others]: readonly Cut[]): Promise<void> => {
        if (cut === undefined) return
        await proxy.cutAtCommand(cut.command, cut.moment).happened
        made += 1
        await plan(others)
      }
      void plan(planned)
      await work()
      await proxy.heal()
      return made
    },
    [Symbol.asyncDispose]: async () => {
      await end()
      await proxy.close()
    },
  }
}

/** Every place once, in an order that chance decides, so that the first few are of all kinds. */
function placesInOrder(random: () => number): Place[] {
  const first = Array.from({ length: COMMANDS }, (_, at) => MOMENTS.map((moment): Cut => ({ command: at + 1, moment }))).flat()
  const second = SECOND_AFTER.flatMap((command) => MOMENTS.map((moment): Cut => ({ command, moment })))
  const places = first.flatMap((cut): Place[] => [[cut], ...second.map((next): Place => [cut, next])])
  return places
    .map((place) => ({ place, rank: random() }))
    .toSorted((one, other) => one.rank - other.rank)
    .map(({ place }) => place)
}

import type { Proxy } from '../../proof/faults/proxy.ts'
import { startProxy } from '../../proof/faults/proxy.ts'
import { randomFrom } from '../file/support.ts'
import { startManager } from '../shared/manager.ts'
import { Ledger, type NamedCounts } from '../shared/named.ts'
import { type Leftovers, type ServerPlace, leftoversInTheEnd, libraryAt } from '../shared/place.ts'
import { requestsOfAllKinds } from '../shared/requests.ts'

export interface CutRun {
  /** To be made at least: those who are at it finish what they have begun. */
  readonly cuts: number
  /** Clients that this happens to at the same time. */
  readonly atOnce: number
  readonly leaseSeconds: number
  readonly seed: number
}

export interface CutResult extends NamedCounts, Leftovers {
  readonly cuts: number
  /** Of them those that swallowed an answer: the server had done what it was asked. */
  readonly atAnswers: number
  /** At a random byte. */
  readonly toServer: number
  readonly toClient: number
}

type Kind = 'atAnswers' | 'toServer' | 'toClient'

/** Answers are swallowed most: there it counts what the client makes of it. */
const KINDS: readonly Kind[] = ['atAnswers', 'atAnswers', 'toServer', 'toClient']
/** So many answers, or bytes, the requests take when nothing is cut, or a few more. A first connection takes its share. */
const ANSWERS = 30
const BYTES = { toServer: 16_000, toClient: 12_000 }
/** Cuts while the requests of one session are made. Each one after the first strikes those who recover from the one before. */
const MOST_CUTS = 3

/** Cuts connections at random moments while another manager works on the same sessions. */
export async function runCuts(place: ServerPlace, { cuts, atOnce, leaseSeconds, seed }: CutRun): Promise<CutResult> {
  const undisturbed = await startManager(libraryAt(place, 0), place.address, { leaseSeconds })
  const ledger = new Ledger()
  const random = randomFrom(seed)
  const made = { cuts: 0, atAnswers: 0, toServer: 0, toClient: 0 }
  const cutNext = async (proxy: Proxy, left: number): Promise<void> => {
    if (left === 0) return
    const kind = KINDS[Math.floor(random() * KINDS.length)] ?? 'atAnswers'
    const share = left === MOST_CUTS ? random() : random() / 3
    const cut =
      kind === 'atAnswers'
        ? proxy.cutAtAnswer(1 + Math.floor(share * ANSWERS))
        : proxy.cutAfterBytes(kind, 1 + Math.floor(share * BYTES[kind]))
    await cut.happened
    made.cuts += 1
    made[kind] += 1
    await cutNext(proxy, left - 1)
  }
  const lane = async (): Promise<void> => {
    const proxy = await startProxy({ target: place })
    const line = await startManager(libraryAt(place, 0), place.addressAt(proxy.port), { leaseSeconds })
    while (made.cuts < cuts) {
      void cutNext(proxy, MOST_CUTS)
      await requestsOfAllKinds(ledger, line.sessions, undisturbed.sessions)
      await proxy.heal()
    }
    await line.end()
    await proxy.close()
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  const left = await leftoversInTheEnd(place)
  const result = { ...made, ...(await ledger.settle(undisturbed.sessions, undisturbed.driver)), ...left }
  await undisturbed.end()
  return result
}

import { setTimeout as sleep } from 'node:timers/promises'
import { randomHex } from '../../src/session/random.ts'
import type { LastCookie } from '../history/event.ts'
import type { Host } from './host.ts'
import { Jar } from './jar.ts'
import type { PlannedRequest, VisitPlan } from './plan.ts'
import type { Recorder, Sending } from './recorder.ts'

/** Requests of unknown outcome after which a visit ends: more of them could not be searched through. */
const MOST_UNKNOWN = 4
const TRIES = 20
const AGAIN_MS = 50
const ID_BYTES = 20

/** One browser with one session, from its `create` on. */
export class Visitor {
  readonly #name: string
  readonly #recorder: Recorder
  readonly #hosts: readonly Host[]
  readonly #jar = new Jar()
  #session = ''
  #unknown = 0
  #invented = 0

  constructor(name: string, recorder: Recorder, hosts: readonly Host[]) {
    this.#name = name
    this.#recorder = recorder
    this.#hosts = hosts
  }

  /** Does all that is planned. It stops early when too much of it has no answer, and when `isOver` says so. */
  async visit({ rows }: VisitPlan, isOver: () => boolean): Promise<void> {
    const [first] = rows
    if (!(await this.#create(first?.[0]?.host ?? 0, isOver))) return
    await Promise.all(
      rows.map(async (row) => {
        for (const request of row) {
          if (this.#unknown >= MOST_UNKNOWN || isOver()) return
          await this.#ask(request)
          await sleep(request.pauseMs)
        }
      }),
    )
  }

  /** Asks once more when all is quiet, by the cookie that it has then, else by the last that it had. */
  async lookAround(): Promise<LastCookie | undefined> {
    const id = this.#jar.id ?? this.#jar.earlier.at(-1)
    if (id === undefined) return undefined
    const [host] = this.#hosts
    if (host === undefined) throw new TypeError('nobody is there to be asked')
    return await this.#recorder.look(this.#sending(host, { deed: { kind: 'read' }, concurrency: 'exclusive', workMs: 0 }, id))
  }

  async #create(chance: number, isOver: () => boolean): Promise<boolean> {
    for (let tries = 1; tries <= TRIES && !isOver(); tries++) {
      this.#session = `${this.#name}.${tries}`
      const host = this.#anyOf(chance)
      if (host !== undefined) {
        await this.#recorder.send(this.#sending(host, { deed: { kind: 'create' }, concurrency: 'exclusive', workMs: 0 }, undefined))
        if (this.#jar.id !== undefined) return true
      }
      await sleep(AGAIN_MS)
    }
    return false
  }

  async #ask(request: PlannedRequest): Promise<void> {
    const host = this.#anyOf(request.host)
    if (host === undefined) return
    if (request.by === 'invented id') return await this.#invent(host)
    const { earlier, id: own } = this.#jar
    const before = earlier[Math.floor(request.host * earlier.length)]
    const id = request.by === 'earlier id' ? (before ?? own) : (own ?? earlier.at(-1))
    const operation = await this.#recorder.send(this.#sending(host, request, id))
    if (operation?.outcome === 'unknown') this.#unknown += 1
  }

  /** Comes with an id that no server gave out, and wants a session. */
  async #invent(host: Host): Promise<void> {
    const jar = new Jar()
    const session = `${this.#session}.invented${(this.#invented += 1)}`
    const sending = this.#sending(host, { deed: { kind: 'create' }, concurrency: 'exclusive', workMs: 0 }, randomHex(ID_BYTES))
    await this.#recorder.send({ ...sending, jar, session, isInvented: true })
  }

  #sending(
    host: Host,
    { deed, concurrency, workMs }: Pick<PlannedRequest, 'deed' | 'concurrency' | 'workMs'>,
    id: string | undefined,
  ): Sending {
    return { host, jar: this.#jar, session: this.#session, browser: this.#name, deed, concurrency, workMs, id }
  }

  #anyOf(chance: number): Host | undefined {
    const up = this.#hosts.filter(({ isUp }) => isUp)
    return up[Math.floor(chance * up.length)]
  }
}

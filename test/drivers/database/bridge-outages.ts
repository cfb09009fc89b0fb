import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Proxy, startProxy } from '../../../proof/faults/proxy.ts'
import { until } from '../../../proof/faults/until.ts'
import type { Answer, Bridge, Statement } from '../../../src/drivers/database/bridges/bridge.ts'
import { bridgeTo } from '../../../src/drivers/database/bridges/recognise.ts'
import { freePorts } from '../../support/free-ports.ts'
import { type ClientUnderTest, failureOf, newTable, OPTIONS, statementFor } from './bridge-suite.ts'

/** A connection of the test's own, past the bridge. */
export interface Admin {
  /** Locks the row with the key `held`. Gives what lets go of it. */
  readonly hold: (table: string) => Promise<() => Promise<void>>
  /** How many statements on the table wait for the lock. */
  readonly waiting: (table: string) => Promise<number>
  /** Ends the connections whose statements wait for it. */
  readonly killWaiting: (table: string) => Promise<void>
  readonly end: () => Promise<void>
}

export interface OutageTopology {
  readonly family: 'postgres' | 'mysql'
  /** A client with one connection. */
  readonly make: (url: string) => ClientUnderTest | Promise<ClientUnderTest>
  readonly url: () => string
  readonly admin: () => Admin
  /** Whether the bridge itself ends the wait for an answer. Where it does not, the driver does. */
  readonly bounds: boolean
  /** Whether there is another connection when one is lost. */
  readonly recovers: boolean
}

const SHORT = { boundMs: 800, prepare: true }

/** Asks of a client behind a network what becomes of statements when something is in the way. */
export function outageSuite(name: string, { family, make, url, admin, bounds, recovers }: OutageTopology): void {
  describe(`the bridge to ${name}, when something is in the way`, () => {
    const table = newTable()
    const sql = (text: string, returnsRows = false): Statement => statementFor(family, text.replaceAll('TABLE_NAME', table), returnsRows)
    const insert = sql('INSERT INTO TABLE_NAME (k) VALUES (:1)')
    const read = sql('SELECT k FROM TABLE_NAME WHERE k = :1', true)
    const blocked = sql("UPDATE TABLE_NAME SET k = :1 WHERE k = 'held'")
    const clients: ClientUnderTest[] = []
    const proxies: Proxy[] = []
    const newClient = async (to = url()): Promise<ClientUnderTest['client']> => {
      const under = await make(to)
      clients.push(under)
      return under.client
    }
    const withoutServer = async (): Promise<string> => {
      const [port] = await freePorts(1)
      const address = new URL(url())
      address.port = String(port)
      return address.href
    }
    const newProxy = async (): Promise<{ readonly proxy: Proxy; readonly through: string }> => {
      const address = new URL(url())
      const proxy = await startProxy({ target: { host: address.hostname, port: Number(address.port) } })
      proxies.push(proxy)
      address.port = String(proxy.port)
      return { proxy, through: address.href }
    }
    const isThere = async (bridge: Bridge, key: string): Promise<boolean> => (await bridge.run(read, [key])).rows.length > 0

    beforeAll(async () => {
      const bridge = bridgeTo(await newClient(), undefined, OPTIONS)
      await bridge.run(sql('CREATE TABLE TABLE_NAME (k VARCHAR(191) PRIMARY KEY)'), [])
      await bridge.run(insert, ['held'])
    })

    afterAll(async () => {
      await bridgeTo(await newClient(), undefined, OPTIONS).run(sql('DROP TABLE TABLE_NAME'), [])
      await Promise.all(clients.map(async ({ end }) => end()))
      await Promise.all(proxies.map((proxy) => proxy.close()))
    })

    if (recovers)
      it('says that nothing was sent where there is no server', async () => {
        const bridge = bridgeTo(await newClient(await withoutServer()), undefined, SHORT)
        expect(await failureOf(bridge, bridge.run(read, ['x']))).toMatchObject({ kind: 'refused', reason: 'unready' })
      })

    it('says that nothing was sent when no connection comes free, and sends it no more', async () => {
      const client = await newClient()
      const patient = bridgeTo(client, undefined, OPTIONS)
      const impatient = bridgeTo(client, undefined, SHORT)
      // Makes the connection.
      await patient.run(read, ['x'])
      const release = await admin().hold(table)
      const first = patient.run(blocked, ['held'])
      try {
        await until('the statement to wait for the lock', async () => (await admin().waiting(table)) === 1)
        if (bounds || name.startsWith('Kysely'))
          expect(await failureOf(impatient, impatient.run(insert, [`late ${name}`]))).toMatchObject({ kind: 'refused', reason: 'unready' })
      } finally {
        await release()
      }
      await first
      expect(await isThere(patient, `late ${name}`)).toBe(false)
    })

    if (bounds)
      it('does not know what became of a statement without an answer, and goes on', async () => {
        const bridge = bridgeTo(await newClient(), undefined, SHORT)
        const release = await admin().hold(table)
        const failure = await failureOf(bridge, bridge.run(blocked, ['held']))
        const another = (): Promise<Answer> => until('another connection, or the same', () => bridge.run(read, ['x']))
        // The server still waits on the one that was thrown away.
        if (recovers) await another()
        await release()
        expect(failure).toMatchObject({ kind: 'unknown', code: 'ETIMEDOUT' })
        await another()
      })

    if (recovers)
      it('sends nothing over a connection that took too long to be made', async () => {
        const { proxy, through } = await newProxy()
        proxy.blackhole()
        const bridge = bridgeTo(await newClient(through), undefined, SHORT)
        expect(await failureOf(bridge, bridge.run(insert, [`slow ${name}`]))).toMatchObject({ kind: 'refused', reason: 'unready' })
        await proxy.heal()
        await until('a connection', () => bridge.run(read, ['x']))
        expect(await isThere(bridge, `slow ${name}`)).toBe(false)
      })

    it('does not know what became of a statement whose connection broke', async () => {
      const { proxy, through } = await newProxy()
      const bridge = bridgeTo(await newClient(through), undefined, OPTIONS)
      await bridge.open?.()
      const release = await admin().hold(table)
      try {
        const failing = failureOf(bridge, bridge.run(blocked, ['held']))
        await until('the statement to wait for the lock', async () => (await admin().waiting(table)) === 1)
        proxy.cut()
        expect(await failing).toMatchObject({ kind: 'unknown' })
      } finally {
        await release()
      }
      if (recovers) expect((await until('another connection', () => bridge.run(read, ['held']))).rows).toHaveLength(1)
    })

    it('does not know what became of a statement whose connection was ended', async () => {
      const bridge = bridgeTo(await newClient(), undefined, OPTIONS)
      await bridge.open?.()
      const release = await admin().hold(table)
      try {
        const failing = failureOf(bridge, bridge.run(blocked, ['held']))
        await until('the statement to wait for the lock', async () => (await admin().waiting(table)) === 1)
        await admin().killWaiting(table)
        expect(await failing).toMatchObject({ kind: 'unknown' })
      } finally {
        await release()
      }
      // Some clients send one statement more to a connection that is just ending.
      if (recovers) expect((await until('another connection', () => bridge.run(read, ['held']))).rows).toHaveLength(1)
      else expect((await failureOf(bridge, bridge.run(read, ['held']))).kind).toMatch(/refused|unknown/)
    })
  })
}

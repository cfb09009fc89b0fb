import { execFile } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { join } from 'node:path'
import { inspect, promisify } from 'node:util'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { SessionEventKind } from '../../src/contracts/events.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { keyOf, openShop, visit } from './support/shop.ts'

/** Notes the messages of these channels until the test ends. */
function heard(...kinds: SessionEventKind[]): unknown[] {
  const messages: unknown[] = []
  const note = (message: unknown): void => void messages.push(message)
  for (const kind of kinds) {
    subscribe(`holdfast:session:${kind}`, note)
    onTestFinished(() => void unsubscribe(`holdfast:session:${kind}`, note))
  }
  return messages
}

describe('the diagnostics channels of sessions', () => {
  it('get what listeners get, with its kind and whose it is', async () => {
    const shop = openShop({ name: 'shop' })
    const id = await shop.stored()
    const messages = heard('created', 'started', 'committed', 'released', 'destroyed', 'refused')
    await shop.sessions.run(id, (session) => session.increment('n'))
    await shop.sessions.run(id, (session) => session.destroy())
    await shop.sessions.run(id, () => undefined)
    const of = { key: keyOf(id), manager: 'shop' }
    const held = { ...of, kind: 'released', heldMs: expect.any(Number), lost: undefined }
    const started = { ...of, kind: 'started', mode: 'exclusive', waitedMs: expect.any(Number) }
    expect(messages).toMatchObject([
      started,
      held,
      { ...of, kind: 'committed' },
      started,
      { ...of, kind: 'destroyed' },
      held,
      { ...of, kind: 'refused', reason: 'unknown-id', cause: undefined },
    ])
    expect(shop.events).toHaveLength(3)
  })

  it('tell apart the managers of a process', async () => {
    const messages = heard('created')
    await openShop({ name: 'shop' }).stored()
    await openShop({ name: 'admin' }).stored()
    expect(messages).toMatchObject([{ manager: 'shop' }, { manager: 'admin' }])
  })

  it('hold no id where keys are ids (rule 6)', async () => {
    const shop = openShop({ hashIds: false, lock: { waitSeconds: 0 } })
    const id = await shop.stored()
    const messages = heard('created', 'started', 'committed', 'released', 'destroyed', 'refused', 'regenerated')
    const holder = await visit(shop.sessions, id)
    await visit(shop.sessions, id).catch(() => undefined)
    await holder.session.regenerate()
    await holder.commit()
    expect(messages.map((message) => Reflect.get(Object(message), 'kind'))).toEqual(['started', 'refused', 'released', 'regenerated'])
    expect(inspect(messages, { depth: 9 })).not.toContain(id)
    expect(inspect(messages, { depth: 9 })).not.toContain(holder.session.id)
  })

  it('get nothing once nobody subscribes any more', async () => {
    const messages: unknown[] = []
    const note = (message: unknown): void => void messages.push(message)
    subscribe('holdfast:session:created', note)
    const shop = openShop()
    await shop.stored()
    unsubscribe('holdfast:session:created', note)
    await shop.stored()
    expect(messages).toHaveLength(1)
  })

  it('a subscriber that throws stops neither the request nor the listeners; Node throws it again, outside of the request', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', THROWS], {
      cwd: join(import.meta.dirname, '../..'),
    })
    expect(stdout.trim().split('\n').toSorted()).toEqual(['listener', 'stored 1', 'uncaught subscriber'])
  })
})

const THROWS = `
import { subscribe } from 'node:diagnostics_channel'
import { SessionManager } from './src/index.ts'
import { MemoryDriver } from './src/drivers/memory.ts'
process.on('uncaughtException', (error) => console.log('uncaught', error.message))
subscribe('holdfast:session:created', () => { throw new Error('subscriber') })
const sessions = new SessionManager({ driver: new MemoryDriver() })
sessions.on('created', () => console.log('listener'))
const id = await sessions.run(undefined, (session) => { session.set('n', 1); return session.id })
console.log('stored', await sessions.run(id, (session) => session.get('n')))
await sessions.close()
`

describe('a runtime', () => {
  afterEach(() => void vi.unstubAllGlobals())

  async function created(getBuiltinModule: unknown): Promise<unknown[]> {
    vi.resetModules()
    vi.stubGlobal('process', { env: process.env, emitWarning: process.emitWarning.bind(process), getBuiltinModule })
    const { SessionManager } = await import('../../src/manager/session-manager.ts')
    const sessions = new SessionManager({ driver: new MemoryDriver() })
    const events: unknown[] = []
    sessions.on('created', (event) => events.push(event))
    const session = await sessions.start()
    session.set('n', 1)
    await session.save()
    await sessions.close()
    return events
  }

  it('without channels has its listeners all the same', async () => {
    const messages = heard('created')
    expect(await created(undefined)).toHaveLength(1)
    expect(messages).toEqual([])
  })

  it('whose channels throw what subscribers throw fails no request', async () => {
    const publish = vi.fn<() => never>(() => {
      throw new Error('subscriber')
    })
    const own = (name: string): unknown =>
      name === 'node:diagnostics_channel' ? { channel: () => ({ hasSubscribers: true, publish }) } : undefined
    expect(await created(own)).toHaveLength(1)
    expect(publish).toHaveBeenCalled()
  })
})

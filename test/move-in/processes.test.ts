import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { makeGuardedFolder, removeGuardedFolder } from '../../proof/faults/guard.ts'
import { startProcess } from '../../proof/faults/node-process.ts'
import type { NodeProcess } from '../../proof/faults/node-process.ts'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { connectSid } from '../../src/move-in/index.ts'
import { fileStoreIn } from './old-library.ts'
import { SECRET, World, signed } from './world.ts'

/** Each child is a Node of its own, which takes seconds to start on a busy machine. */
const PATIENCE_MS = 120_000

const CHILD = new URL('mover-child.ts', import.meta.url)

interface Answer {
  readonly id: string
  readonly userId: string
}

/** An old store with as many users, and the folder that their sessions move to. */
async function housesOf(users: number): Promise<{ world: World; cookies: string[]; start: () => Promise<NodeProcess> }> {
  const folder = makeGuardedFolder('move-in-processes')
  const [oldPath, path] = [join(folder, 'old'), join(folder, 'new')]
  const store = fileStoreIn(oldPath)
  const sids = Array.from({ length: users }, (_, index) => `user${index}`)
  for (const user of sids) {
    const old = { cookie: { originalMaxAge: null, expires: null, path: '/' }, passport: { user } }
    await new Promise((resolve) => store.set(user, old, resolve))
  }
  const world = new World({ driver: new FileDriver({ path }), sources: [connectSid({ store, secrets: SECRET })] })
  onTestFinished(async () => {
    await world.sessions.close()
    removeGuardedFolder(folder)
  })
  return { world, cookies: sids.map((sid) => `connect.sid=${signed(sid)}`), start: () => startProcess(CHILD, [oldPath, path]) }
}

describe('several processes of the new application', () => {
  it(
    'give a user who comes to all of them at once one session',
    async () => {
      const { world, cookies, start } = await housesOf(1)
      await using one = await start()
      await using other = await start()
      const asked = [...cookies, ...cookies, ...cookies, ...cookies]
      const answers: unknown[] = []
      for (const child of [one, other]) child.send(asked)
      for (const child of [one, other]) for (let each = 0; each < asked.length; each++) answers.push(await child.next())
      expect(new Set(answers.map((answer) => (answer as Answer).id)).size).toBe(1)
      expect((await world.visit(cookies[0] ?? '')).data['visits']).toBe(8)
    },
    PATIENCE_MS,
  )

  it(
    'log nobody out when one of them is killed while users move in',
    async () => {
      const { world, cookies, start } = await housesOf(40)
      for (const moved of [3, 15]) {
        await using child = await start()
        child.send(cookies.slice(0, 2 * moved))
        for (let each = 0; each < moved; each++) await child.next()
        await child.kill()
      }
      const users = await Promise.all(cookies.map(async (cookie) => (await world.visit(cookie)).userId))
      expect(users).toEqual(cookies.map((_, index) => `user${index}`))
    },
    PATIENCE_MS,
  )
})

// holder-worker.ts LIBRARY ADDRESS LEASE_SECONDS ID NAME: raises a session's counter again and again, holds it a while each time, and tells how each
// request ended. It is to be killed or stopped.
import { setTimeout as sleep } from 'node:timers/promises'
import { tellParent } from '../../proof/faults/parent.ts'
import { isSessionError } from '../../src/session/errors.ts'
import { libraryNamed } from './drivers.ts'
import type { HolderReport } from './holder.ts'
import { startManager } from './manager.ts'
import { addName } from './named.ts'

const LONGEST_HOLD_MS = 20

const [library, address = '', leaseSeconds, id = '', ownName = ''] = process.argv.slice(2)
const { sessions } = await startManager(libraryNamed(library), address, { leaseSeconds: Number(leaseSeconds) })

async function request(name: string): Promise<HolderReport> {
  try {
    await sessions.run(id, async (session) => {
      if (session.isNew) throw new Error('the session was not found')
      addName(session, name)
      await sleep(Math.random() * LONGEST_HOLD_MS)
    })
    return { name, code: undefined }
  } catch (error) {
    if (!isSessionError(error)) throw error
    return { name, code: error.code }
  }
}

for (let requests = 1; ; requests++) await tellParent(await request(`${ownName}, request ${requests}`))

// What happens to the store itself.
import type { ServerPlace } from '../../../bench/shared/place.ts'
import type { Store } from '../store.ts'
import { overServers, type StoreFault } from './fault.ts'

export const storeKill: StoreFault = {
  scope: 'store',
  name: 'store-kill',
  what: 'SIGKILL of the store’s server, which is then started again',
  fits: overServers,
  strike: async (store) => {
    const server = serverOf(store)
    await server.kill()
    await server.restart()
    return true
  },
}

export const storeRestart: StoreFault = {
  scope: 'store',
  name: 'store-restart',
  what: 'the store’s server is told to end, and started again',
  fits: overServers,
  strike: async (store) => {
    await serverOf(store).restart()
    return true
  },
}

function serverOf({ server }: Store): ServerPlace {
  if (server === undefined) throw new TypeError('this store is no server')
  return server
}

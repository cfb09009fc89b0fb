import { CLIENTS, race } from '../compare/race.ts'
import type { Race } from '../compare/race.ts'
import { startServer, withFolder } from '../harness/bench.ts'
import { randomFrom } from '../file/support.ts'
import type { Figure } from './figure.ts'

const candidates = [
  { key: 'files', label: 'Holdfast, FileDriver', server: 'holdfast-files', processes: 2 },
  { key: 'memory', label: 'Holdfast, MemoryDriver', server: 'holdfast-memory', processes: 1 },
  { key: 'peerFiles', label: 'express-session + session-file-store', server: 'express-session-files', processes: 2 },
  { key: 'peerMemory', label: 'express-session, MemoryStore', server: 'express-session-memory', processes: 1 },
] as const

const sizes = {
  full: { increments: 400, rounds: 3, longestMs: 7 },
  small: { increments: 40, rounds: 1, longestMs: 20 },
}

export const figure: Figure = {
  name: 'lost-updates',
  title: `Increments of one counter in one session that are lost, when ${CLIENTS} clients send them at the same time`,
  peers: ['express', 'express-session', 'session-file-store'],
  async run(size, { seed, log }) {
    const { increments, rounds, longestMs } = sizes[size]
    const random = randomFrom(seed)
    const waitMs = (): number => 1 + Math.floor(random() * (longestMs - 1))
    const counts: Record<string, number> = {}
    const rows = []
    for (const { key, label, server, processes } of candidates) {
      const results = await withFolder(async (folder) => {
        const servers = await Promise.all(Array.from({ length: processes }, () => startServer(server, folder)))
        try {
          const done: Race[] = []
          for (let round = 0; round < rounds; round++) done.push(await race(servers, { increments, waitMs }))
          return done
        } finally {
          await Promise.all(servers.map(({ process }) => process.stop()))
        }
      })
      const acknowledged = results.reduce((sum, round) => sum + round.acknowledged, 0)
      const lost = results.reduce((sum, round) => sum + round.acknowledged - round.final, 0)
      counts[`${key}Acknowledged`] = acknowledged
      counts[`${key}Lost`] = lost
      rows.push({
        server: label,
        processes,
        'increments answered with 200': acknowledged,
        'of them in the session afterwards': results.map(({ final }) => final).join(' + '),
        lost,
        'lost, %': Number(((100 * lost) / acknowledged).toFixed(1)),
      })
      log(`${label}: ${lost} of ${acknowledged} lost`)
    }
    return { counts, rows }
  },
}

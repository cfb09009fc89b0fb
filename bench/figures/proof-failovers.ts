import { brokenBy } from '../../proof/run/forgetting.ts'
import { runProof } from '../../proof/run/run.ts'
import { startSentinelStore } from '../../proof/run/sentinel-store.ts'
import { summaryOf } from '../../proof/run/summary.ts'
import { CLIENT_PACKAGES } from '../redis/clients.ts'
import type { Figure } from './figure.ts'

const sizes = {
  full: { failovers: 10, hosts: 4, clients: 24, before: 500 },
  small: { failovers: 1, hosts: 2, clients: 8, before: 150 },
}

export const figure: Figure = {
  name: 'proof-failovers',
  title: 'The same history while sentinels make the replica the master',
  peers: CLIENT_PACKAGES,
  async run(size, { seed, log }) {
    const { failovers, hosts, clients, before } = sizes[size]
    const result = await runProof({
      store: startSentinelStore,
      seed,
      clients,
      hosts,
      leaseSeconds: 0.5,
      healthy: { operations: before },
      faults: ['failover'],
      faulty: { times: () => failovers },
      log,
    })
    const { title, operations, failed, unknown, faults, violations, sessions, undecided } = summaryOf(result)
    const otherViolations = brokenBy(result)
    const acknowledged = operations - failed - unknown
    return {
      counts: { ...faults, operations, acknowledged, failed, unknown, undecided, ...violations, otherViolations },
      rows: [
        {
          store: title,
          failovers: faults['failover'] ?? 0,
          'operations acknowledged': acknowledged,
          'of unknown outcome': unknown,
          'sessions that lost acknowledged updates': sessions['lost updates'] ?? 0,
          'that fit no order': sessions['linearizability'] ?? 0,
          'whose cookie opens nothing': sessions['cookies that point nowhere'] ?? 0,
          'that a logout did not end': sessions['resurrections'] ?? 0,
          'that two held at once': sessions['double holders'] ?? 0,
          'other violations': otherViolations,
        },
      ],
    }
  },
}

import { HONO_GOAL_BYTES, measureDoors } from '../../scripts/bundle.ts'
import { repository } from '../../scripts/support/check.ts'
import type { Figure } from './figure.ts'

export const figure: Figure = {
  name: 'door-sizes',
  title: 'Kilobytes of each door of the package, minified and gzipped, alone and together with the core',
  peers: ['cookie', 'devalue', 'esbuild'],
  async run(_size, { log }) {
    const sizes = await measureDoors(repository)
    const hono = sizes.find(({ path }) => path === './hono')?.withCoreBytes ?? 0
    log(`goal: Hono with the core at most ${HONO_GOAL_BYTES} bytes; measured: ${hono}`)
    const isMissed = hono > HONO_GOAL_BYTES
    return {
      counts: {
        honoGoalBytes: HONO_GOAL_BYTES,
        honoGoalMissed: Number(isMissed),
        ...Object.fromEntries(
          sizes.flatMap(({ path, aloneBytes, withCoreBytes }) => [
            [path, aloneBytes],
            [`${path} with core`, withCoreBytes],
          ]),
        ),
      },
      rows: sizes.map(({ path, aloneBytes, withCoreBytes }) => ({
        door: path.replace('.', 'holdfast'),
        'alone, kB': kilobytes(aloneBytes),
        'with the core, kB': kilobytes(withCoreBytes),
        goal: path === './hono' ? `at most ${kilobytes(HONO_GOAL_BYTES)} kB with the core: ${isMissed ? 'missed' : 'reached'}` : '',
      })),
    }
  },
}

function kilobytes(bytes: number): number {
  return Math.round(bytes / 100) / 10
}

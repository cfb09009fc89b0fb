import { type IvReport, type Way, sealElsewhere } from '../seal/ivs.ts'
import type { Figure } from './figure.ts'

interface Lane {
  readonly label: string
  readonly way: Way
  readonly processes: number
  /** That each of them seals. */
  readonly seals: number
  readonly atOnce: number
}

/** More texts than a pool of random bytes has IVs for: what is sealed must not change when the pool is filled again. */
const WEB = { label: 'processes with WebCrypto, 500 texts at once', way: 'web', atOnce: 500 } as const

const sizes: Readonly<Record<'full' | 'small', readonly Lane[]>> = {
  // More than 2^20 for each, which is as much as one derived key seals.
  full: [
    { label: 'processes', way: 'spawned', processes: 2, seals: 1_225_000, atOnce: 1 },
    { label: 'processes by child_process.fork', way: 'forked', processes: 2, seals: 1_225_000, atOnce: 1 },
    { label: 'workers of a cluster', way: 'cluster', processes: 2, seals: 1_225_000, atOnce: 1 },
    { label: 'worker threads', way: 'thread', processes: 2, seals: 1_225_000, atOnce: 1 },
    { ...WEB, processes: 2, seals: 100_000 },
  ],
  small: [
    { label: 'processes', way: 'spawned', processes: 1, seals: 30_000, atOnce: 1 },
    { label: 'processes by child_process.fork', way: 'forked', processes: 1, seals: 30_000, atOnce: 1 },
    { label: 'workers of a cluster', way: 'cluster', processes: 1, seals: 20_000, atOnce: 1 },
    { label: 'worker threads', way: 'thread', processes: 1, seals: 15_000, atOnce: 1 },
    { ...WEB, processes: 1, seals: 5000 },
  ],
}

export const figure: Figure = {
  name: 'seal-ivs',
  title: 'IVs of sealed texts that came twice under one derived key, and derived keys that two processes had',
  async run(size, { log }) {
    const lanes = await Promise.all(
      sizes[size].map(async (lane) => {
        const { way, processes, seals, atOnce } = lane
        const reports = await Promise.all(Array.from({ length: processes }, () => sealElsewhere(way, { seals, atOnce })))
        log(`${lane.label}: ${reports.map(({ heads }) => heads.length).join(' and ')} derived keys`)
        return { lane, reports }
      }),
    )
    const all = lanes.flatMap(({ reports }) => reports)
    const heads = all.flatMap((report) => report.heads)
    const sum = (reports: readonly IvReport[], of: (report: IvReport) => number): number =>
      reports.reduce((total, report) => total + of(report), 0)
    return {
      counts: {
        processes: all.length,
        seals: sum(all, ({ seals }) => seals),
        derivedKeys: heads.length,
        fewestDerivedKeys: Math.min(...all.map((report) => report.heads.length)),
        ivsRepeated: sum(all, ({ repeated }) => repeated),
        derivedKeysShared: heads.length - new Set(heads).size,
      },
      rows: lanes.map(({ lane, reports }) => ({
        'who sealed': lane.label,
        'how many': reports.length,
        'texts sealed': sum(reports, ({ seals }) => seals),
        'derived keys': sum(reports, (report) => report.heads.length),
        'IVs repeated under one': sum(reports, ({ repeated }) => repeated),
        'derived keys that another had too': reports.flatMap((report) => report.heads).filter((head) => countOf(heads, head) > 1).length,
      })),
    }
  },
}

function countOf(heads: readonly string[], wanted: string): number {
  return heads.filter((head) => head === wanted).length
}

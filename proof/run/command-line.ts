import { parseArgs } from 'node:util'
import { type DriverName, driverNamed, driverNames } from './drivers.ts'
import { faults } from './faults/index.ts'

/** What a command line asks for. */
export interface ProofCommand {
  readonly driver: DriverName
  readonly minutes: number
  readonly times: number | undefined
  readonly seed: number
  readonly faults: readonly string[] | undefined
  readonly operations: number | undefined
  readonly clients: number
  readonly historyFile: string | undefined
}

export const HELP = `npm run proof -- --driver NAME [options]

  --driver NAME      ${driverNames.join(', ')}
  --minutes N        how long it runs. Default: 5
  --times N          how often each fault strikes, in place of a time; those of the store more seldom
  --seed S           what all that is random comes from. Default: another each time, which is printed
  --faults A,B,C     those that are to strike. Default: all that make sense over the store
  --operations N     how many come before the first fault. Default: as many as a fifth of the time allows
  --clients N        browsers at the same time. Default: 24
  --history FILE     where all that was asked and answered is written, one request a line

Faults:
${faults.map(({ name, what }) => `  ${name.padEnd(18)} ${what}`).join('\n')}`

/** Reads a command line; a text says what is wrong with it. */
export function commandIn(args: readonly string[]): ProofCommand | string {
  try {
    return read(args)
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)} See --help.`
  }
}

function read(args: readonly string[]): ProofCommand {
  const text = { type: 'string' } as const
  const options = {
    driver: text,
    minutes: text,
    times: text,
    seed: text,
    faults: text,
    operations: text,
    clients: text,
    history: text,
  }
  const { values } = parseArgs({ args: [...args], options })
  const { driver: driverText, history: historyFile } = values
  const driver = driverNamed(driverText)
  if (driver === undefined) throw new TypeError(`--driver must be one of ${driverNames.join(', ')}, not ${driverText ?? 'left out'}.`)
  return {
    driver,
    minutes: numberIn('minutes', values.minutes ?? '5', { isWhole: false, from: 0.01 }),
    times: values.times === undefined ? undefined : numberIn('times', values.times, { isWhole: true, from: 1 }),
    seed: values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : numberIn('seed', values.seed, { isWhole: true, from: 0 }),
    faults: values.faults === undefined ? undefined : namesIn(values.faults),
    operations: values.operations === undefined ? undefined : numberIn('operations', values.operations, { isWhole: true, from: 0 }),
    clients: numberIn('clients', values.clients ?? '24', { isWhole: true, from: 1 }),
    historyFile,
  }
}

function namesIn(text: string): string[] {
  const names = text.split(',')
  const unknown = names.find((name) => !faults.some((fault) => fault.name === name))
  if (unknown === undefined) return names
  throw new TypeError(`--faults: there is no fault '${unknown}'. There are ${faults.map(({ name }) => name).join(', ')}.`)
}

function numberIn(option: string, text: string, { isWhole, from }: { readonly isWhole: boolean; readonly from: number }): number {
  const number = Number(text)
  const fits = text.trim() !== '' && (isWhole ? Number.isSafeInteger(number) : Number.isFinite(number)) && number >= from
  if (fits) return number
  throw new TypeError(`--${option} must be a ${isWhole ? 'whole ' : ''}number from ${from} on, not '${text}'.`)
}

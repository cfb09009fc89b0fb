import { describe, expect, it } from 'vitest'
import { HELP, commandIn } from '../../proof/run/command-line.ts'
import { proofCommand } from '../../proof/run/command.ts'

const proof = (line: string): ReturnType<typeof commandIn> => commandIn(line.split(' '))

describe('the command line of a proof', () => {
  it('takes a driver, and has a default for all else', () => {
    expect(proof('--driver redis')).toMatchObject({ driver: 'redis', minutes: 5, clients: 24, faults: undefined, operations: undefined })
  })

  it('takes what the run is to be', () => {
    const all = '--driver file --minutes 0.5 --seed 7 --faults kill,read-only --operations 100 --clients 3 --history all.jsonl'
    expect(proof(all)).toEqual({
      driver: 'file',
      minutes: 0.5,
      times: undefined,
      seed: 7,
      faults: ['kill', 'read-only'],
      operations: 100,
      clients: 3,
      historyFile: 'all.jsonl',
    })
  })

  it('makes up a seed where none is given', () => {
    const [one, other] = [proof('--driver memory'), proof('--driver memory')]
    expect(one).not.toEqual(other)
  })

  it.each([
    ['--minutes 5', '--driver must be one of memory, file, sqlite, postgres, mariadb, redis, not left out. See --help.'],
    ['--driver mongo', '--driver must be one of memory, file, sqlite, postgres, mariadb, redis, not mongo. See --help.'],
    ['--driver redis --minutes soon', "--minutes must be a number from 0.01 on, not 'soon'. See --help."],
    ['--driver redis --clients 0', "--clients must be a whole number from 1 on, not '0'. See --help."],
    ['--driver redis --seed 1.5', "--seed must be a whole number from 0 on, not '1.5'. See --help."],
    ['--driver redis --times 0', "--times must be a whole number from 1 on, not '0'. See --help."],
  ])('says what is wrong with %s', (line, message) => {
    expect(proof(line)).toBe(message)
  })

  it('names the faults that there are to whoever misspells one', () => {
    expect(proof('--driver redis --faults kill,explode')).toMatch(
      /^--faults: there is no fault 'explode'\. There are kill, stop, stall, clock, /,
    )
  })

  it('names the option that it does not know', () => {
    expect(proof('--driver redis --minute 5')).toContain("'--minute'")
  })

  it('is an error when none of its faults makes sense over the store, after it has told its seed', async () => {
    const logged: string[] = []
    const terminal = { write: () => {}, log: (line: string) => void logged.push(line) }
    const running = proofCommand(['--driver', 'memory', '--seed', '7', '--faults', 'failover'], terminal)
    await expect(running).rejects.toThrow('none of these faults makes sense over memory: failover')
    expect(logged).toEqual(['seed 7'])
  })

  it('ends with 1 and starts nothing when it makes no sense, and with 0 after its help', async () => {
    const written: string[] = []
    const terminal = { write: (text: string) => void written.push(text), log: () => {} }
    expect(await proofCommand(['--driver', 'mongo'], terminal)).toBe(1)
    expect(await proofCommand(['--help'], terminal)).toBe(0)
    expect(written).toEqual([expect.stringContaining('not mongo'), HELP])
    for (const fault of ['kill', 'stop', 'client-half-close', 'store-delay', 'store-restart', 'full-disk', 'read-only', 'failover']) {
      expect(HELP).toContain(`  ${fault} `)
    }
  })
})

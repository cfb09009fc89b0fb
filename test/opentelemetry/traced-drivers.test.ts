import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { tracedDriver } from '../../src/opentelemetry/index.ts'
import { driverSuite, testClock } from '../../src/testing/index.ts'
import { fileOf, makeFolder, takeAway } from '../drivers/file/support.ts'
import { Watchtower } from './support.ts'

describe('a traced MemoryDriver keeps the driver contract', () => {
  const clock = testClock()
  const tower = new Watchtower()
  driverSuite(it, {
    create: () => tracedDriver(new MemoryDriver({ clock: clock.now }), tower),
    advance: clock.advance,
    surveying: true,
    limits: {
      neverUnreadable: 'it keeps the records themselves, not texts that could be damaged',
      neverFails: 'there is no store behind it',
      alwaysOpens: 'it needs neither folder nor server',
    },
  })

  it('and each of its steps was a span', () => {
    const steps = new Set(tower.spans.map((span) => String(span.attributes['db.operation.name'])))
    expect([...steps].toSorted().join(' ')).toBe(
      'acquire close commit destroy gc insert list open read renew replace revokeUser rewrite survey touch unlock update',
    )
  })
})

describe('a traced FileDriver keeps the driver contract', () => {
  const clock = testClock()
  const tower = new Watchtower()
  const paths = new Map<FileDriver, string>()
  const driverOn = (path: string): FileDriver => {
    const driver = tracedDriver(new FileDriver({ path, clock: clock.now }), tower)
    paths.set(driver, path)
    return driver
  }
  const pathOf = (driver: FileDriver): string => paths.get(driver) ?? ''

  driverSuite<FileDriver>(it, {
    create: () => driverOn(makeFolder()),
    second: (driver) => driverOn(pathOf(driver)),
    dispose: (driver) => rmSync(pathOf(driver), { recursive: true }),
    advance: clock.advance,
    surveying: true,
    corrupt: (driver, key) => damage(fileOf(pathOf(driver), key)),
    breakStore: (driver) => takeAway(pathOf(driver)),
    createUnopenable: () => tracedDriver(new FileDriver({ path: `${import.meta.filename}/sessions` }), tower),
    limits: { leaseNeverEnds: 'the lock of the kernel lasts as long as the process that holds it' },
  })
})

function damage(path: string): () => void {
  const before = readFileSync(path)
  writeFileSync(
    path,
    before.map((byte, index) => (index % 4096 === 100 ? byte ^ 1 : byte)),
  )
  return () => writeFileSync(path, before)
}

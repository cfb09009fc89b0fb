import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { FileDriver } from '../../../src/drivers/file/file-driver.ts'
import type { FileDriverOptions } from '../../../src/drivers/file/file-driver.ts'
import { driverSuite, testClock } from '../../../src/testing/index.ts'
import { fileOf, makeFolder, takeAway } from './folders.ts'

/** Tests that the driver keeps the driver contract, under whatever runs the tests. */
export function keepsTheContract(test: Parameters<typeof driverSuite>[0], options: Partial<FileDriverOptions>): void {
  const clock = testClock()
  const paths = new Map<FileDriver, string>()
  const driverOn = (path: string): FileDriver => {
    const driver = new FileDriver({ path, clock: clock.now, ...options })
    paths.set(driver, path)
    return driver
  }
  const pathOf = (driver: FileDriver): string => paths.get(driver) ?? ''

  driverSuite<FileDriver>(test, {
    create: () => driverOn(makeFolder()),
    second: (driver) => driverOn(pathOf(driver)),
    dispose: (driver) => rmSync(pathOf(driver), { recursive: true }),
    advance: clock.advance,
    corrupt: (driver, key) => damage(fileOf(pathOf(driver), key)),
    breakStore: (driver) => takeAway(pathOf(driver)),
    createUnopenable: () => new FileDriver({ path: `${import.meta.filename}/sessions`, ...options }),
    surveying: true,
    limits: { leaseNeverEnds: 'the lock of the kernel lasts as long as the process that holds it' },
  })
}

function damage(path: string): () => void {
  const before = readFileSync(path)
  writeFileSync(
    path,
    before.map((byte, index) => (index % 4096 === 100 ? byte ^ 1 : byte)),
  )
  return () => writeFileSync(path, before)
}

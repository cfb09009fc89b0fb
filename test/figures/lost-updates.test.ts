import { expect, it } from 'vitest'
import { smallFigure } from './support.ts'

it('no increment of a locked session is lost, and the same race loses those of the others', { timeout: 120_000 }, async () => {
  const { counts } = await smallFigure('lost-updates')
  expect(counts).toMatchObject({ filesAcknowledged: 40, filesLost: 0, memoryAcknowledged: 40, memoryLost: 0 })
  expect(counts).toMatchObject({ peerFilesAcknowledged: 40, peerMemoryAcknowledged: 40 })
  // Else the race would be none.
  expect(counts['peerFilesLost']).toBeGreaterThan(0)
  expect(counts['peerMemoryLost']).toBeGreaterThan(0)
})

import { expect } from 'vitest'
import type { Suite, World } from '../suite.ts'
import { until } from '../visitor.ts'

/** Hangs up, and waits until the server has seen it. */
async function hangUp({ left }: World, controller: AbortController, visit: Promise<unknown>): Promise<void> {
  const before = left()
  controller.abort()
  await expect(visit).rejects.toThrow('aborted')
  await until(() => left() > before)
}

export function abortCases({ test, begin }: Suite): void {
  test('a client that hangs up while the handler runs: what it set is kept, and the next request is served', async () => {
    const world = await begin()
    const { house, visitor } = world
    await visitor.see('/count')
    const controller = new AbortController()
    const visit = visitor.see('/hold', { signal: controller.signal })
    await until(() => house.held === 1)
    await hangUp(world, controller, visit)
    house.letGo()
    expect(await visitor.text('/count')).toBe('3')
  })

  test('a client that hangs up while it waits for the lock: its handler never runs, and the next request is served', async () => {
    const world = await begin()
    const { house, visitor } = world
    await visitor.see('/count')
    const first = visitor.see('/hold')
    await until(() => house.held === 1)
    const controller = new AbortController()
    const waiting = visitor.see('/hold', { signal: controller.signal })
    // Only what has arrived can hang up: this one has, when a later one has been answered.
    await visitor.see('/exempt')
    await visitor.see('/exempt')
    await hangUp(world, controller, waiting)
    house.letGo()
    expect((await first).text).toBe('held')
    expect(await visitor.text('/count')).toBe('3')
    expect(house.held).toBe(1)
  })

  test('a client that hangs up in the midst of a stream: its session is stored, and the next request is served', async () => {
    const world = await begin()
    const { house, visitor } = world
    const controller = new AbortController()
    const response = await visitor.open('/stream', { signal: controller.signal })
    await hangUp(world, controller, response.text())
    house.letFlow()
    expect(await visitor.text('/count')).toBe('2')
  })
}

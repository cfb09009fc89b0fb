import { describe, expect, it } from 'vitest'
import type { LifetimeOptions } from '../../src/manager/options.ts'
import { refusalOf } from '../support/config-refusal.ts'
import { asked, nextId, visited } from '../support/visits.ts'
import { openShop } from './support/shop.ts'

const HOUR = 3600
const DAY = 24 * HOUR

interface Limits {
  readonly idleSeconds: number
  readonly absoluteSeconds: number
}

/** Whether a session that is used this often is alive so many seconds after it began. */
async function isAlive(lifetime: LifetimeOptions, seconds: number, everySeconds = seconds): Promise<boolean> {
  const { sessions, clock, stored } = openShop({ lifetime: { touchEverySeconds: 0, ...lifetime } })
  const id = await stored()
  let left = seconds
  for (; left > everySeconds; left -= everySeconds) {
    clock.advance(1000 * everySeconds)
    const { result } = await visited(sessions, id, ({ isNew }) => isNew)
    if (result) return false
  }
  clock.advance(1000 * left)
  return !(await asked(sessions, id, ({ isNew }) => isNew))
}

/** That these limits, and no others, are in force: a millisecond before them a session lives, and at them it does not. */
async function expectLimits(lifetime: LifetimeOptions, { idleSeconds, absoluteSeconds }: Limits): Promise<void> {
  expect(await isAlive(lifetime, idleSeconds - 0.001)).toBe(true)
  expect(await isAlive(lifetime, idleSeconds)).toBe(false)
  const often = Math.min(idleSeconds - 1, absoluteSeconds / 2)
  expect(await isAlive(lifetime, absoluteSeconds - 0.001, often)).toBe(true)
  expect(await isAlive(lifetime, absoluteSeconds, often)).toBe(false)
}

const refusal = (lifetime: unknown): string => refusalOf(() => Reflect.apply(openShop, undefined, [{ lifetime }]))

describe('a preset', () => {
  it('NIST-2.1.3: aal1 ends a session after 30 days, and after two idle hours unless more is asked for', async () => {
    await expectLimits({ preset: 'aal1' }, { idleSeconds: 2 * HOUR, absoluteSeconds: 30 * DAY })
    await expectLimits({ preset: 'aal1', idleSeconds: 29 * DAY }, { idleSeconds: 29 * DAY, absoluteSeconds: 30 * DAY })
  })

  it('NIST-2.2.3: aal2 ends a session after 24 hours, and after an idle one', async () => {
    await expectLimits({ preset: 'aal2' }, { idleSeconds: HOUR, absoluteSeconds: DAY })
  })

  it('NIST-2.3.3: aal3 ends a session after 12 hours, and after 15 idle minutes', async () => {
    await expectLimits({ preset: 'aal3' }, { idleSeconds: 900, absoluteSeconds: 12 * HOUR })
  })

  it('takes shorter limits', async () => {
    await expectLimits({ preset: 'aal1', idleSeconds: 60, absoluteSeconds: 600 }, { idleSeconds: 60, absoluteSeconds: 600 })
    await expectLimits({ preset: 'aal2', idleSeconds: 600 }, { idleSeconds: 600, absoluteSeconds: DAY })
    await expectLimits({ preset: 'aal3', absoluteSeconds: HOUR }, { idleSeconds: 900, absoluteSeconds: HOUR })
    await expectLimits({ preset: 'aal3', idleSeconds: 900, absoluteSeconds: 12 * HOUR }, { idleSeconds: 900, absoluteSeconds: 12 * HOUR })
  })

  it('refuses longer ones, and none at all, and names the option and the limit', () => {
    for (const [preset, limits] of Object.entries({
      aal1: { idleSeconds: 30 * DAY, absoluteSeconds: 30 * DAY },
      aal2: { idleSeconds: HOUR, absoluteSeconds: DAY },
      aal3: { idleSeconds: 900, absoluteSeconds: 12 * HOUR },
    })) {
      for (const [option, most] of Object.entries(limits)) {
        const message = refusal({ preset, [option]: most + 0.001, touchEverySeconds: 1 })
        expect(message).toMatch(new RegExp(`^Option 'lifetime.${option}': .*\\b${most}\\b.*${preset}`))
      }
      expect(refusal({ preset, absoluteSeconds: 0 })).toMatch(/^Option 'lifetime.absoluteSeconds'/)
      for (const none of [Infinity, Number.NaN, '60', null]) {
        expect(refusal({ preset, absoluteSeconds: none })).toMatch(/^Option 'lifetime.absoluteSeconds'/)
        expect(refusal({ preset, idleSeconds: none })).toMatch(/^Option 'lifetime.idleSeconds'/)
      }
    }
  })

  it('that is not known is refused', () => {
    for (const preset of ['aal4', 'AAL1', '', 'constructor', '__proto__', 'toString', 1, null, {}]) {
      expect(refusal({ preset })).toMatch(/^Option 'lifetime.preset'/)
    }
  })

  it('leaves the other options as they are', async () => {
    const { sessions, clock, driver, stored } = openShop({ lifetime: { preset: 'aal3', rotateEverySeconds: 300, graceSeconds: 5 } })
    const id = await stored()
    clock.advance(300_000)
    const next = await nextId(sessions, id)
    expect(driver.methods).toEqual(['acquire', 'replace'])
    clock.advance(5000)
    expect([await asked(sessions, id, ({ isNew }) => isNew), await asked(sessions, next, ({ isNew }) => isNew)]).toEqual([true, false])
  })

  it('records the use of a session often enough for its idle limit', () => {
    expect(refusal({ preset: 'aal3', touchEverySeconds: 91 })).toMatch(/^Option 'lifetime.touchEverySeconds'/)
    expect(openShop({ lifetime: { preset: 'aal3', touchEverySeconds: 90 } })).toBeDefined()
  })

  it('without one the limits are two hours and 30 days, and longer ones are taken', async () => {
    await expectLimits({}, { idleSeconds: 2 * HOUR, absoluteSeconds: 30 * DAY })
    await expectLimits({ idleSeconds: 40 * DAY, absoluteSeconds: 90 * DAY }, { idleSeconds: 40 * DAY, absoluteSeconds: 90 * DAY })
    expect(await isAlive({ absoluteSeconds: 0 }, 900 * DAY, HOUR * 100)).toBe(false)
    expect(await isAlive({ absoluteSeconds: 0, idleSeconds: 60 * DAY }, 900 * DAY, 50 * DAY)).toBe(true)
  })
})

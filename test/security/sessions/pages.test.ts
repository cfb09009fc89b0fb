import { describe, expect, it } from 'vitest'
import { programsOf } from '../../../scripts/docs/blocks.ts'
import { readText, repository } from '../../../scripts/support/check.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { openShop } from '../../manager/support/shop.ts'
import { refusalOf } from '../../support/config-refusal.ts'
import { movedStores } from '../../support/moved-stores.ts'
import { asked, visited } from '../../support/visits.ts'
import { logIn, loginOf, openSessionWorld, userAt } from '../support/session-world.ts'

const PAGE = 'docs/session-life.md'
const page = readText(repository, PAGE)
const PRESETS = { aal1: [30 * 86_400, 30 * 86_400], aal2: [86_400, 3600], aal3: [43_200, 900] } as const

/** The cells of a table's row, by the text of its first. */
function row(first: string): string[] {
  const line = page.split('\n').find((each) => each.startsWith(`| ${first} `))
  if (line === undefined) throw new Error(`${PAGE} has no row '${first}'`)
  return line.split('|').map((cell) => cell.trim())
}

/** The number of seconds that a row says is the default. */
const defaultOf = (option: string): number => Number(/^\d+/.exec(row(`\`${option}\``)[2] ?? '')?.[0])

/** From a heading to the next. */
function section(heading: string): string {
  const [, text] = page.split(new RegExp(`^## ${heading}$`, 'm'))
  if (text === undefined) throw new Error(`${PAGE} has no heading '${heading}'`)
  return text.split(/^## /m)[0] ?? ''
}

describe('what the page on a session’s life says', () => {
  it('ASVS-7.1.1 the limits that it gives as defaults are those in force, and so are those of the presets', async () => {
    const [idle, absolute] = [defaultOf('lifetime.idleSeconds'), defaultOf('lifetime.absoluteSeconds')]
    const { sessions, clock } = await openSessionWorld(movedStores.memory)
    const id = await loginOf(sessions)
    const often = (idle - 100) * 1000
    for (let passed = often; passed < absolute * 1000; passed += often) {
      clock.advance(often)
      expect((await visited(sessions, id, ({ userId }) => userId)).result).toBe('ada')
    }
    clock.advance(((absolute * 1000) % often) - 1)
    expect(await userAt(sessions, id)).toBe('ada')
    clock.advance(1)
    expect(await userAt(sessions, id)).toBeUndefined()
    const other = await loginOf(sessions)
    clock.advance(idle * 1000 - 1)
    expect(await asked(sessions, other, ({ userId }) => userId)).toBe('ada')
    clock.advance(1)
    expect(await userAt(sessions, other)).toBeUndefined()
    for (const [preset, [most, mostIdle]] of Object.entries(PRESETS)) {
      const refusal = (limits: object): string => refusalOf(() => Reflect.apply(openShop, undefined, [{ lifetime: { preset, ...limits } }]))
      expect(refusal({ absoluteSeconds: most + 1 })).toContain(`${most} at most`)
      expect(refusal({ idleSeconds: mostIdle + 1 })).toContain(`${mostIdle} at most`)
    }
    expect(page).toMatch(/`aal1` 30 days, `aal2` 24 hours and one hour without use, `aal3` 12 hours and 15 minutes without use/)
  })

  it('ASVS-7.1.1 each departure from NIST SP 800-63B-4 stands there with its reason', () => {
    const [, table = ''] = section('Two clocks').split('| NIST says | The default | Why |\n')
    const rows = table
      .split('\n\n')[0]
      ?.split('\n')
      .slice(1)
      .map((line) => line.split('|').slice(1, -1))
    expect(rows?.map(([says = '']) => /^AAL2(?=:)|\d\.\d(?:\.\d)?/.exec(says.trim())?.[0])).toEqual([
      '2.1.3',
      '2.2.3',
      'AAL2',
      '5.1',
      '5.2',
    ])
    for (const cells of rows ?? []) expect(cells.map((cell) => cell.trim().length > 10)).toEqual([true, true, true])
  })

  it('ASVS-7.1.2 how many sessions a user may have is an option with three words, and the page has all of them and the default', () => {
    const text = section('Whose it is')
    for (const word of ['maxPerUser', "'evict-oldest'", "'refuse'", "'allow'", 'By default a user may have any number of sessions']) {
      expect([word, text.includes(word)]).toEqual([word, true])
    }
    const limit = (whenReached: unknown): unknown =>
      Reflect.construct(SessionManager, [{ driver: new MemoryDriver(), maxPerUser: { sessions: 5, whenReached } }])
    for (const word of ['evict-oldest', 'refuse', 'allow']) expect(limit(word)).toBeInstanceOf(SessionManager)
    expect(refusalOf(() => limit('queue'))).toMatch(/"refuse", "evict-oldest", "allow"/)
  })

  it('ASVS-7.1.3 it says what a single sign-on is to start, lifetime and end of a session, with a program that compiles', () => {
    const text = section('Single sign-on')
    for (const part of ['start', 'lifetime', 'step-up', 'logout here', 'logout there']) expect(row(part).length).toBe(4)
    expect(text).toMatch(/back-channel/)
    // The check `docs` compiles and runs what this finds.
    const { programs, problems } = programsOf(PAGE, page)
    const [program, ...more] = programs.filter(({ code }) => code.includes('/backchannel-logout'))
    expect([program?.notRun, more, problems]).toEqual([undefined, [], []])
    for (const call of ['sessions.revoke(', 'sessions.revokeUser(', 'auth_time', 'markAuthenticated({ at:', '.handle'])
      expect(program?.code).toContain(call)
  })

  it('ASVS-7.1.3 and what it says of the back channel is so: one login ends by its handle, all by their user', async () => {
    const { sessions } = await openSessionWorld(movedStores.memory)
    const handles: (string | undefined)[] = []
    const callback = async (): Promise<string> => {
      const { sent = '' } = await visited(sessions, [], async (session) => {
        await logIn(session)
        await session.save()
        handles.push(session.handle)
        session.set('after', true)
      })
      return sent
    }
    const [phone, desk, tablet] = [await callback(), await callback(), await callback()]
    expect(await sessions.revoke(handles[0] ?? '-', { userId: 'ada' })).toBe(true)
    expect([await userAt(sessions, phone), await userAt(sessions, desk)]).toEqual([undefined, 'ada'])
    expect(await sessions.revokeUser('ada')).toBe(2)
    expect([await userAt(sessions, desk), await userAt(sessions, tablet)]).toEqual([undefined, undefined])
  })
})

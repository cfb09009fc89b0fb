import { describe, expect, it } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { complaintsOf } from './support/browser.ts'
import { newVisitor, send } from './support/client.ts'
import { runningBrowser, runningDemo } from './support/fixture.ts'

const demo = runningDemo()

describeNeeding('chromium', 'the page "Two tabs"', () => {
  const browser = runningBrowser()

  it('counts all of 20 parallel requests in the session, through two processes, and loses some in a plain store', async () => {
    const page = await browser.newPage()
    const complaints = complaintsOf(page)
    await page.goto(`${demo.origin}/two-tabs`)
    for (const run of [1, 2]) {
      await page.getByRole('button', { name: 'Send 20 requests' }).click()
      const plainVerdict = page.locator('#plain .verdict', { hasText: 'lost' })
      await plainVerdict.waitFor()
      expect(await page.locator('#holdfast .verdict').textContent()).toBe('Rose by 20 of 20: none lost.')
      expect(await page.locator('#holdfast .number').textContent()).toBe(String(20 * run))
      // In the order in which they came, which two processes may turn round.
      const answers = await page.locator('#holdfast .answers li').allTextContents()
      expect(answers.toSorted((one, other) => Number(one) - Number(other))).toEqual(numbersFrom(20 * (run - 1) + 1))
      expect(await page.locator('#holdfast .servers').textContent()).toMatch(/^Process 1: [1-9]\d* · Process 2: [1-9]\d*$/)

      const [, risen, lost] = /^Rose by (\d+) of 20: (\d+) lost\.$/.exec((await plainVerdict.textContent()) ?? '') ?? []
      expect(Number(risen)).toBeLessThan(20)
      expect(Number(risen) + Number(lost)).toBe(20)
      expect(await page.locator('#plain .answers li').count()).toBe(20)
      expect(await page.locator('#plain .servers').textContent()).toMatch(/^Process 1: [1-9]\d* · Process 2: [1-9]\d*$/)
    }
    await page.reload()
    expect(await page.locator('#holdfast .number').textContent()).toBe('40')
    expect(complaints).toEqual([])
  })
})

describe('20 parallel posts without a browser', () => {
  async function race(path: string): Promise<{ counts: number[]; servers: Set<number> }> {
    const { cookie, token } = await newVisitor(demo.origin)
    const post = () => send(`${demo.origin}${path}`, { cookie, 'x-csrf-token': token }, {})
    const answers = (await Promise.all(Array.from({ length: 20 }, post))).map(({ text }): { count: number; server: number } =>
      JSON.parse(text),
    )
    return { counts: answers.map(({ count }) => count).toSorted((a, b) => a - b), servers: new Set(answers.map(({ server }) => server)) }
  }

  it('count one after the other in the session, through both processes', async () => {
    const { counts, servers } = await race('/two-tabs/holdfast')
    expect(counts.map(String)).toEqual(numbersFrom(1))
    expect(servers.size).toBe(2)
  })

  it('overwrite one another in a plain store', async () => {
    const { counts, servers } = await race('/two-tabs/plain')
    expect(counts).toHaveLength(20)
    expect(Math.max(...counts)).toBeLessThan(20)
    expect(servers.size).toBe(2)
  })
})

function numbersFrom(first: number): string[] {
  return Array.from({ length: 20 }, (_, index) => String(first + index))
}

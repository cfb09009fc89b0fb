import { expect, vi } from 'vitest'
import type { Suite } from '../suite.ts'

/** How the clients of Node, Bun and Deno say that a body did not end. */
const CUT_OFF = /terminated|ECONNRESET|error reading a body/

export function streamCases({ test, begin }: Suite): void {
  test('a session is stored before the first byte of a stream, which holds no lock and takes no write', async () => {
    const { house, visitor } = await begin()
    const response = await visitor.open('/stream')
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader?.read())?.value).toBe('first ')
    // The stream is open still: its session is there, and free.
    expect(await visitor.text('/count')).toBe('2')
    house.letFlow()
    expect((await reader?.read())?.value).toBe('and a late write was refused')
    expect((await reader?.read())?.done).toBe(true)
    expect(await visitor.text('/count')).toBe('3')
  })

  test('a stream that breaks midway leaves its session stored and free', async () => {
    // Some servers say so, and can say it nowhere else.
    vi.spyOn(console, 'error').mockReturnValue(undefined)
    const { house, visitor } = await begin()
    const response = await visitor.open('/broken-stream')
    const body = response.text()
    house.letFlow()
    await expect(body).rejects.toThrow(CUT_OFF)
    expect(await visitor.text('/count')).toBe('2')
  })

  test('a stream whose session could not be stored is a 503, and no byte of it goes out', async () => {
    const { house, visitor } = await begin()
    house.breakStore()
    const { status, text, cookies } = await visitor.see('/stream')
    expect(status).toBe(503)
    expect(text).not.toContain('first')
    expect(cookies).toEqual([])
  })
}

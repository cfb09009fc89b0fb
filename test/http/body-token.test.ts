import { describe, expect, it } from 'vitest'
import { BODY_TOO_LARGE, bodyFieldFromParsed, bodyFieldFromRequest } from '../../src/http/body-token.ts'

const FORM = 'application/x-www-form-urlencoded'

function post(body: BodyInit | null, contentType?: string): Request {
  return new Request('http://shop.example/', {
    method: 'POST',
    body,
    ...(contentType === undefined ? {} : { headers: { 'content-type': contentType } }),
  })
}

function formData(entries: readonly (readonly [string, string | Blob])[]): FormData {
  const form = new FormData()
  for (const [name, value] of entries) form.append(name, value)
  return form
}

function streamedRequest(body: ReadableStream): Request {
  const init = { method: 'POST', body, headers: { 'content-type': FORM }, duplex: 'half' }
  return new Request('http://shop.example/', init)
}

function streamed(chunks: readonly string[], onCancel: () => void = () => undefined) {
  const encoder = new TextEncoder()
  let at = 0
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const chunk = chunks[at++]
      if (chunk === undefined) controller.close()
      else controller.enqueue(encoder.encode(chunk))
    },
    cancel: onCancel,
  })
  return streamedRequest(body)
}

describe('bodyFieldFromRequest', () => {
  it('S-306: reads an urlencoded field, and leaves the body to the handler', async () => {
    const request = post('a=1&_csrf=to%20k+en&b=2', `${FORM}; charset=UTF-8`)
    expect(await bodyFieldFromRequest(request, '_csrf')).toBe('to k en')
    expect(await request.text()).toBe('a=1&_csrf=to%20k+en&b=2')
  })

  it('S-306: reads a multipart field, and leaves files to the handler', async () => {
    const request = post(
      formData([
        ['file', new Blob(['x'.repeat(5000)])],
        ['_csrf', 'token'],
      ]),
    )
    expect(await bodyFieldFromRequest(request, '_csrf')).toBe('token')
    const file = (await request.formData()).get('file')
    expect(file instanceof Blob ? file.size : file).toBe(5000)
  })

  it('finds no field where there is none', async () => {
    const absent = [
      post('a=1', FORM),
      post('', FORM),
      post(null),
      post('_csrf[]=x', FORM),
      post(formData([['a', '1']])),
      new Request('http://shop.example/'),
    ]
    for (const request of absent) expect(await bodyFieldFromRequest(request, '_csrf')).toBeUndefined()
  })

  it('reads forms only: JSON callers send the header', async () => {
    for (const contentType of ['application/json', 'text/plain', `${FORM}x`, `text/plain, ${FORM}`]) {
      const request = post('_csrf=token', contentType)
      expect(await bodyFieldFromRequest(request, '_csrf')).toBeUndefined()
      expect(request.bodyUsed).toBe(false)
    }
    expect(await bodyFieldFromRequest(post('_csrf=token', 'APPLICATION/X-WWW-FORM-URLENCODED'), '_csrf')).toBe('token')
  })

  it('ASVS-15.3.7: gives all values of a field that came twice, and a file as one that is no text', async () => {
    expect(await bodyFieldFromRequest(post('_csrf=a&_csrf=b', FORM), '_csrf')).toEqual(['a', 'b'])
    const twice = formData([
      ['_csrf', 'a'],
      ['_csrf', 'a'],
    ])
    expect(await bodyFieldFromRequest(post(twice), '_csrf')).toEqual(['a', 'a'])
    const file = await bodyFieldFromRequest(post(formData([['_csrf', new Blob(['a'])]])), '_csrf')
    expect(Array.isArray(file) && file.length === 1 && file[0] instanceof Blob).toBe(true)
  })

  it('finds no field in a malformed form', async () => {
    for (const contentType of ['multipart/form-data', 'multipart/form-data; boundary=x', 'multipart/form-data; boundary=']) {
      expect(await bodyFieldFromRequest(post('--y\r\nnonsense', contentType), '_csrf')).toBeUndefined()
    }
    expect(await bodyFieldFromRequest(post('%&%zz=&=&_csrf=%', FORM), '_csrf')).toBe('%')
  })

  it('reads a body of exactly the limit, and none longer', async () => {
    const body = `_csrf=${'a'.repeat(94)}`
    expect(await bodyFieldFromRequest(post(body, FORM), '_csrf', 100)).toBe('a'.repeat(94))
    expect(await bodyFieldFromRequest(post(`${body}a`, FORM), '_csrf', 100)).toBe(BODY_TOO_LARGE)
    expect(await bodyFieldFromRequest(post(`a=${'x'.repeat(100_000)}`, FORM), '_csrf')).toBe(BODY_TOO_LARGE)
  })

  it('stops reading a streamed body at the limit, and the handler still gets all of it', async () => {
    const chunks = Array.from({ length: 50 }, () => `a=${'x'.repeat(997)}&`)
    const request = streamed(chunks)
    expect(await bodyFieldFromRequest(request, '_csrf', 3000)).toBe(BODY_TOO_LARGE)
    expect(await request.text()).toBe(chunks.join(''))
  })

  it('lets go of its branch: when the handler cancels too, the client’s stream is cancelled', async () => {
    let isCancelled = false
    const request = streamed(
      Array.from({ length: 50 }, () => 'x'.repeat(1000)),
      () => {
        isCancelled = true
      },
    )
    await bodyFieldFromRequest(request, '_csrf', 3000)
    expect(isCancelled).toBe(false)
    await request.body?.cancel()
    expect(isCancelled).toBe(true)
  })

  it('does not even begin to read a body that says it is too long', async () => {
    const request = new Request('http://shop.example/', {
      method: 'POST',
      body: 'a=1',
      headers: { 'content-type': FORM, 'content-length': '100001' },
    })
    expect(await bodyFieldFromRequest(request, '_csrf')).toBe(BODY_TOO_LARGE)
    expect(await request.text()).toBe('a=1')
  })

  it('finds no field in a body that somebody else is about to read', async () => {
    const request = post('_csrf=token', FORM)
    request.body?.getReader()
    expect(request.bodyUsed).toBe(false)
    expect(await bodyFieldFromRequest(request, '_csrf')).toBeUndefined()
  })

  it('finds no field in a body that was consumed before', async () => {
    const request = post('_csrf=token', FORM)
    await request.text()
    expect(await bodyFieldFromRequest(request, '_csrf')).toBeUndefined()
  })

  it('fails as the body does when the client hangs up', async () => {
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error('hung up')) })
    const request = streamedRequest(body)
    await expect(bodyFieldFromRequest(request, '_csrf')).rejects.toThrow('hung up')
  })
})

describe('bodyFieldFromParsed', () => {
  it('gives the field as it is', () => {
    expect(bodyFieldFromParsed({ _csrf: 'token' }, '_csrf')).toBe('token')
    expect(bodyFieldFromParsed({ _csrf: ['token'] }, '_csrf')).toEqual(['token'])
    expect(bodyFieldFromParsed(Object.assign(Object.create(null), { _csrf: 'token' }), '_csrf')).toBe('token')
  })

  it('takes nothing that is inherited, and nothing from what is no object', () => {
    expect(bodyFieldFromParsed(Object.create({ _csrf: 'token' }), '_csrf')).toBeUndefined()
    expect(bodyFieldFromParsed({}, 'constructor')).toBeUndefined()
    for (const body of [undefined, null, '_csrf=token', 5, []]) expect(bodyFieldFromParsed(body, '_csrf')).toBeUndefined()
  })
})

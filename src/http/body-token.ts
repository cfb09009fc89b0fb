import { isObject } from '../session/plain.ts'

/** Stands for the field of a body that was too large to be looked through. */
export const BODY_TOO_LARGE: unique symbol = Symbol('body too large')

/** A field's value, all its values when it came more than once, or `undefined` when it did not come. */
export type BodyField = string | readonly unknown[] | undefined | typeof BODY_TOO_LARGE

const URLENCODED = 'application/x-www-form-urlencoded'
const MULTIPART = 'multipart/form-data'

/** Takes a field out of a body that a framework has parsed already. Only what the body has of its own counts. */
export function bodyFieldFromParsed(body: unknown, fieldName: string): unknown {
  return isObject(body) ? Object.getOwnPropertyDescriptor(body, fieldName)?.value : undefined
}

/**
 * Reads one field of a form through a clone of the request, whose body stays readable for the handler. Urlencoded and multipart forms
 * are read; of any other content type, of a form that is malformed, was consumed already or is being read by somebody else, and of a file there is no
 * field.
 * @param limitBytes A longer body is not read to its end. Default: 100,000.
 */
export async function bodyFieldFromRequest(request: Request, fieldName: string, limitBytes = 100_000): Promise<BodyField> {
  const contentType = request.headers.get('content-type') ?? ''
  const mediaType = contentType.split(';', 1)[0]?.trim().toLowerCase()
  if ((mediaType !== URLENCODED && mediaType !== MULTIPART) || request.body === null || request.bodyUsed || request.body.locked)
    return undefined
  if (Number(request.headers.get('content-length') ?? 0) > limitBytes) return BODY_TOO_LARGE
  const body = await readUpTo(request.clone().body, limitBytes)
  if (body === undefined) return BODY_TOO_LARGE
  const values = await formValues(body, mediaType === MULTIPART ? contentType : URLENCODED, fieldName)
  const first = values[0]
  return values.length === 1 && typeof first === 'string' ? first : values.length === 0 ? undefined : values
}

async function formValues(body: Blob, contentType: string, fieldName: string): Promise<unknown[]> {
  if (contentType === URLENCODED) return new URLSearchParams(await body.text()).getAll(fieldName)
  try {
    const form = await new Response(body, { headers: { 'content-type': contentType } }).formData()
    return form.getAll(fieldName)
  } catch {
    return []
  }
}

// A clone's branch that is left unread would keep all that the handler reads in memory: it is cancelled. The promise of that settles only
// when the handler's branch has ended too, so nobody waits for it.
async function readUpTo(stream: ReadableStream<Uint8Array<ArrayBuffer>> | null, limitBytes: number): Promise<Blob | undefined> {
  if (stream === null) return undefined
  const reader = stream.getReader()
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let length = 0
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    length += step.value.byteLength
    if (length > limitBytes) {
      reader.cancel().catch(() => undefined)
      return undefined
    }
    chunks.push(step.value)
  }
  return new Blob(chunks)
}

import type { Readable } from 'node:stream'

/** Whether a body is a form with parts. */
export function isMultipart(contentType: string | undefined): boolean {
  return contentType?.startsWith('multipart/form-data') === true
}

/** The texts of a form with parts, as the runtime itself reads them: what an application without a parser of its own would do. */
export async function formFields(body: Readable, contentType = ''): Promise<Record<string, string>> {
  const bytes = Buffer.concat(await body.toArray())
  const form = await new Response(bytes, { headers: { 'content-type': contentType } }).formData()
  return Object.fromEntries([...form].flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])))
}

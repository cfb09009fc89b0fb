import { request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** Sends exactly these headers: unlike `fetch`, none that a browser would add. With a form it is a POST. */
export function send(url: string, headers: OutgoingHttpHeaders = {}, form?: Record<string, string>): Promise<Answer> {
  const isForm = form !== undefined
  const all = isForm ? { 'content-type': 'application/x-www-form-urlencoded', ...headers } : headers
  return new Promise((done, failed) => {
    const sent = request(url, { method: isForm ? 'POST' : 'GET', headers: all, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () => done({ status: response.statusCode ?? 0, headers: response.headers, text }))
      response.on('error', failed)
    })
    sent.on('error', failed)
    sent.end(isForm ? new URLSearchParams(form).toString() : undefined)
  })
}

/** A visitor without a browser: a cookie, and the token of a form. */
export interface Visitor {
  readonly cookie: string
  readonly token: string
}

/** Opens the login page, and comes back with what a browser would keep. */
export async function newVisitor(origin: string): Promise<Visitor> {
  const { headers, text } = await send(`${origin}/login`)
  const token = /name="_csrf" value="([^"]+)"/.exec(text)?.[1]
  if (token === undefined) throw new Error('The login page has no form.')
  return { cookie: cookieOf(headers), token }
}

/** Logs the demo's account in without a browser. */
export async function newUser(origin: string): Promise<Visitor> {
  const { cookie, token } = await newVisitor(origin)
  const { status, headers } = await send(`${origin}/login`, { cookie }, { _csrf: token, login: 'ada', password: 'lovelace' })
  if (status !== 303) throw new Error(`The login was answered with ${status}.`)
  const loggedIn = cookieOf(headers)
  const { text } = await send(`${origin}/basket`, { cookie: loggedIn })
  return { cookie: loggedIn, token: /name="_csrf" value="([^"]+)"/.exec(text)?.[1] ?? '' }
}

function cookieOf(headers: IncomingHttpHeaders): string {
  const cookie = headers['set-cookie']?.[0]?.split(';')[0]
  if (cookie === undefined) throw new Error('There came no cookie.')
  return cookie
}

/** How often the visitor has opened the first page, as that page says. */
export async function visits(origin: string, cookie: string): Promise<number> {
  const { text } = await send(`${origin}/`, { cookie })
  return Number(/id="visits">(\d+)</.exec(text)?.[1])
}

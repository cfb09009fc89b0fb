export interface Seen {
  readonly status: number
  readonly text: string
  readonly headers: Headers
  /** Its `Set-Cookie` lines. */
  readonly cookies: readonly string[]
}

/** A browser without a screen: it keeps cookies by their names and follows no redirect. */
export class Visitor {
  readonly #origin: string
  readonly #cookies = new Map<string, string>()

  constructor(port: number) {
    this.#origin = `http://127.0.0.1:${port}`
  }

  /** Sends a request, and gives the response as soon as its head is there. */
  async open(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    if (!headers.has('cookie') && this.#cookies.size > 0) headers.set('cookie', this.cookieHeader)
    const response = await fetch(this.#origin + path, { redirect: 'manual', ...init, headers })
    for (const line of response.headers.getSetCookie()) this.#keep(line)
    return response
  }

  async see(path: string, init: RequestInit = {}): Promise<Seen> {
    const response = await this.open(path, init)
    const { status, headers } = response
    return { status, headers, cookies: headers.getSetCookie(), text: await response.text() }
  }

  async text(path: string): Promise<string> {
    return (await this.see(path)).text
  }

  /** Sends a form with a token taken from a page. */
  async post(path: string, fields: Record<string, string> = {}): Promise<Seen> {
    return this.see(path, { method: 'POST', body: new URLSearchParams({ _csrf: await this.token(), ...fields }) })
  }

  /** Sends JSON with the token in a header. */
  async postJson(path: string, value: unknown): Promise<Seen> {
    const headers = { 'content-type': 'application/json', 'x-csrf-token': await this.token() }
    return this.see(path, { method: 'POST', headers, body: JSON.stringify(value) })
  }

  /** The token of a form, as the page has it. */
  async token(): Promise<string> {
    return /value="([\w-]+)"/.exec(await this.text('/form'))?.[1] ?? ''
  }

  get cookieHeader(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  cookie(name: string): string | undefined {
    return this.#cookies.get(name)
  }

  #keep(line: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    if (/;\s*max-age=0\b/i.test(line)) this.#cookies.delete(name)
    else this.#cookies.set(name, value)
  }
}

/** Waits until a condition holds; the test's own time-out is the bound. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

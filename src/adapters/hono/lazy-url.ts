import type { RequestUrl } from '../fetch/open-request.ts'

/** The URL of a request, taken apart when somebody looks at it. */
export class LazyUrl implements RequestUrl {
  readonly #request: Request
  #url: URL | undefined

  constructor(request: Request) {
    this.#request = request
  }

  get protocol(): string {
    return this.#parsed.protocol
  }

  get host(): string {
    return this.#parsed.host
  }

  get pathname(): string {
    return this.#parsed.pathname
  }

  get #parsed(): URL {
    return (this.#url ??= new URL(this.#request.url))
  }
}

import type {
  ListOptions,
  ListPage,
  ListingDriver,
  RewritingDriver,
  TextsWrite,
  UpdateResult,
  Version,
} from '../../src/contracts/driver.ts'
import { SessionError } from '../../src/session/errors.ts'
import type { StoreKey } from '../../src/session/id.ts'
import { SpyDriver } from '../manager/support/spy-driver.ts'
import type { LockingDriver } from '../../src/contracts/driver.ts'

/** What was asked of `rewrite`. */
export interface Rewrite {
  readonly key: StoreKey
  readonly texts: TextsWrite
  readonly version: Version
}

type Hook<Asked> = (asked: Asked) => Promise<void> | void

/** A spy over a driver that lists and rewrites: it tells what it was asked, and lets a test come between. */
export class WholeSpy extends SpyDriver implements ListingDriver, RewritingDriver {
  readonly lists: ListOptions[] = []
  readonly rewrites: Rewrite[] = []
  /** Each runs for one call, the first for the next: before it reaches the store, or when it was carried out, before its answer arrives. */
  readonly beforeLists: Hook<ListOptions>[] = []
  readonly afterLists: Hook<ListOptions>[] = []
  readonly beforeRewrites: Hook<Rewrite>[] = []
  readonly afterRewrites: Hook<Rewrite>[] = []
  readonly #whole: ListingDriver & RewritingDriver

  constructor(inner: LockingDriver & ListingDriver & RewritingDriver) {
    super(inner)
    this.#whole = inner
  }

  async list(options: ListOptions = {}): Promise<ListPage> {
    this.lists.push(options)
    await this.beforeLists.shift()?.(options)
    const page = await this.#whole.list(options)
    await this.afterLists.shift()?.(options)
    return page
  }

  revokeUser(userId: string, options?: { readonly exceptHandle?: string | undefined }): Promise<number> {
    return this.#whole.revokeUser(userId, options)
  }

  async rewrite(key: StoreKey, texts: TextsWrite, version: Version): Promise<UpdateResult> {
    const asked = { key, texts, version }
    this.rewrites.push(asked)
    await this.beforeRewrites.shift()?.(asked)
    const answer = await this.#whole.rewrite(key, texts, version)
    await this.afterRewrites.shift()?.(asked)
    return answer
  }

  override forget(): void {
    super.forget()
    this.lists.length = 0
    this.rewrites.length = 0
  }
}

/** What a hook does to make a call reject. */
export function storeIsDown(): never {
  throw SessionError.driverFailed('test', 'The store is down.')
}

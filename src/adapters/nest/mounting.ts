import type { SessionManagerOptions } from '../../manager/options.ts'
import { SessionManager } from '../../manager/session-manager.ts'
import { SessionError } from '../../session/errors.ts'
import { shown } from '../../session/option-check.ts'
import type { DefaultData } from '../../session/path-types.ts'
import { isObject } from '../../session/plain.ts'
import { nodeOptions } from '../node/framework.ts'
import type { NodeOptions } from '../node/framework.ts'
import type { SessionOpener } from '../node/passage.ts'
import { checkSessionOptions } from '../node/session-options.ts'
import type { NestRequest, SessionModuleOptions } from './options.ts'

/** What one `SessionModule` of one application mounts. */
export class Mounting<Data extends object = DefaultData> {
  readonly as: string
  readonly node: NodeOptions<NestRequest>
  readonly #make: () => SessionOpener
  #close: () => Promise<void> = async () => undefined

  /** @throws {SessionError} `ERR_SESSION_CONFIG`, naming the option. */
  constructor(options: SessionModuleOptions<Data>) {
    const { manager, ...others } = options
    if (!isObject(manager)) {
      throw SessionError.config('session.manager', `must be a SessionManager, or the options of one, not ${shown(manager)}.`)
    }
    this.node = nodeOptions(others)
    checkSessionOptions(this.node.options)
    this.as = others.as ?? 'session'
    this.#make = isOpener(manager) ? () => manager : () => this.#own(new SessionManager<Data>(manager))
  }

  /** Gives the manager, which is made now if it has to be. A test may bind another one in its place. */
  manager(): SessionOpener {
    return this.#make()
  }

  /** Closes the manager, if it was made here. */
  async close(): Promise<void> {
    await this.#close()
  }

  #own(manager: SessionManager<Data>): SessionManager<Data> {
    this.#close = () => manager.close()
    return manager
  }
}

function isOpener<Data extends object>(manager: SessionOpener | SessionManagerOptions<Data>): manager is SessionOpener {
  return 'open' in manager
}

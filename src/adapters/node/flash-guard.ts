import { SessionError } from '../../session/errors.ts'
import { Session } from '../../session/session.ts'

const flash: unknown = Reflect.get(Session.prototype, 'flash')

/**
 * Has an assignment to `session.flash` refused. connect-flash, and what is made like it, keeps its messages in what it finds there: on a method, which all
 * sessions share, each visitor would read those of all. On the prototype, so that it costs a request nothing.
 */
export function refuseOtherFlash(): void {
  Object.defineProperty(Session.prototype, 'flash', { configurable: true, get: () => flash, set: refuse })
}

function refuse(): never {
  throw SessionError.invalidArgument(
    'session',
    "'flash' is a method of the session, where connect-flash would keep the messages of all visitors. Take that out, and call session.flash(key, message) and session.getFlash(key).",
  )
}
